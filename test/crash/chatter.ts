// A person whose messenger is a process of its own, spoken to in JSON-RPC: it may die at any moment, and they go on.

import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { api, type CallInput, type CallName, type CallOutput } from '../../src/shared/api.ts'
import { type ConversationId, type MessageId, personConversation } from '../../src/shared/ids.ts'
import type { Message, Profile } from '../../src/shared/model.ts'
import type { CrashWorld } from './crash-world.ts'
import { type Child, Survivor } from './survivor.ts'

export const CHAT = join(import.meta.dirname, '../../src/cli/chat.ts')
/** Sent without waiting for the answer to the one before. */
const AT_ONCE = 8
/** Milliseconds between two looks. */
const GLANCE = 50

const Response = z.object({ id: z.number(), result: z.unknown().optional(), error: z.unknown().optional() })

/** The process died before it answered. */
class Gone extends Error {}
/** It answered no. */
class Refusal extends Error {}

interface Waiting {
  resolve(result: unknown): void
  reject(error: Error): void
}

export class Chatter {
  readonly name: string
  readonly process: Survivor
  #child: Child | undefined
  #waiting = new Map<number, Waiting>()
  #nextId = 1
  /** Texts that the messenger has said are committed. */
  #promised = 0
  #profile: Profile | undefined

  constructor(world: CrashWorld, name: string, failpoint?: string) {
    this.name = name
    const options = ['--profile', this.username, '--data', world.folder, '--relay', world.tap.url]
    this.process = new Survivor(
      {
        name,
        program: CHAT,
        args: [...options, ...world.keychainOptions],
        env: world.environment,
        born: (child) => this.#listen(child),
      },
      failpoint,
    )
  }

  get username(): string {
    return this.name.toLowerCase()
  }

  get profile(): Profile {
    if (this.#profile === undefined) throw new Error(`${this.name} has no account`)
    return this.#profile
  }

  /** Until it is done, however often the messenger dies on the way. */
  async register(): Promise<void> {
    await this.persist(async () => {
      const { profile } = await this.ask('getSnapshot', {})
      this.#profile =
        profile ??
        (await this.ask('createProfile', {
          name: this.name,
          username: this.username,
          relay: { kind: 'this-computer' },
        }))
      return true
    })
  }

  async find(other: Chatter): Promise<void> {
    await this.persist(async () => {
      const { account } = await this.ask('findPerson', { username: other.username })
      await this.ask('openConversation', { account })
      return true
    })
  }

  async accept(other: Chatter): Promise<void> {
    const conversation = personConversation(other.profile.account)
    await this.persist(async () => {
      const { conversations } = await this.ask('getSnapshot', {})
      const found = conversations.find(({ id }) => id === conversation)
      if (found?.state === 'incoming-request') await this.ask('acceptRequest', { conversation })
      return found?.state === 'open'
    })
  }

  /** Goes on with the next text until so many are said. After a crash the messenger knows which was the last. */
  async sayUpTo(other: Chatter, count: number): Promise<void> {
    const conversation = personConversation(other.profile.account)
    await this.persist(async () => {
      const said = (await this.messages(other)).filter(({ own }) => own).length
      if (said < this.#promised) throw new Error(`${this.name} was promised ${this.#promised} texts and has ${said}`)
      for (let next = said; next < count; next += AT_ONCE) {
        const texts = Array.from({ length: Math.min(AT_ONCE, count - next) }, (_, index) => this.text(next + index))
        await Promise.all(
          texts.map(async (text) => {
            await this.ask('sendMessage', { conversation, text })
            this.#promised += 1
          }),
        )
      }
      this.#promised = Math.max(this.#promised, count)
      return true
    })
  }

  /** Until the other one's messenger has confirmed so many of their texts. */
  async arrive(other: Chatter, count: number): Promise<void> {
    const conversation = personConversation(other.profile.account)
    await this.persist(async () => {
      // Until the last one has arrived the others need not be looked at.
      const newest = await this.ask('listMessages', { conversation, limit: 20 })
      const last = newest.messages.findLast((message) => message.own)
      if (last !== undefined && !hasArrived(last.delivery?.state)) return false
      const own = (await this.messages(other)).filter((message) => message.own)
      return own.length >= count && own.every(({ delivery }) => hasArrived(delivery?.state))
    })
  }

  /** The n-th thing they say: of any length, and different from all others. */
  text(index: number): string {
    return `${this.name} ${index} ${'…'.repeat((index * 37) % 211)}`
  }

  messages(other: Chatter): Promise<Message[]> {
    return this.messagesIn(personConversation(other.profile.account))
  }

  async messagesIn(conversation: ConversationId): Promise<Message[]> {
    const all: Message[] = []
    let before: MessageId | undefined
    for (;;) {
      const page = await this.ask('listMessages', { conversation, limit: 200, ...(before && { before }) })
      all.unshift(...page.messages)
      before = page.messages[0]?.id
      if (!page.hasEarlier) return all
    }
  }

  /** Asks again and again until the answer is yes, through deaths and refusals. Throws when patience ends. */
  async persist(isDone: () => Promise<boolean>, patience = 120_000): Promise<void> {
    const end = performance.now() + patience
    let last: unknown = 'nothing'
    while (performance.now() < end) {
      this.process.check()
      try {
        if (await isDone()) return
        await this.#reconnect()
      } catch (error) {
        if (!(error instanceof Gone || error instanceof Refusal)) throw error
        last = error
      }
      await pause(GLANCE)
    }
    throw new Error(`${this.name} waited in vain; last: ${last instanceof Error ? last.message : String(last)}`)
  }

  async ask<Name extends CallName>(name: Name, input: CallInput<Name>): Promise<CallOutput<Name>> {
    const id = this.#nextId++
    const result = await new Promise((resolve, reject) => {
      if (this.#child === undefined) return reject(new Gone(`${this.name}'s messenger is dead`))
      this.#waiting.set(id, { resolve, reject })
      this.#child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method: name, params: input })}\n`)
    })
    return api[name].output.parse(result) as CallOutput<Name>
  }

  /** Nobody waits for the next retry here. */
  async #reconnect(): Promise<void> {
    const { connection } = await this.ask('getSnapshot', {})
    if (connection.state === 'offline') await this.ask('reconnect', {})
  }

  #listen(child: Child): void {
    this.#child = child
    const waiting = new Map<number, Waiting>()
    this.#waiting = waiting
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('"method":"change"')) return
      // A line may be cut short by the death of who wrote it.
      if (!line.endsWith('}')) return
      const { id, result, error } = Response.parse(JSON.parse(line))
      const asked = waiting.get(id)
      waiting.delete(id)
      if (error === undefined) asked?.resolve(result)
      else asked?.reject(new Refusal(JSON.stringify(error)))
    })
    child.on('exit', () => {
      this.#child = undefined
      for (const { reject } of waiting.values()) reject(new Gone(`${this.name}'s messenger died`))
      waiting.clear()
    })
  }
}

/** Who answers has read what is above: then it is more than delivered. */
function hasArrived(state: string | undefined): boolean {
  return state === 'delivered' || state === 'read'
}
