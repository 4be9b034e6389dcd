// A person in a story: what they do with their messenger, and what they see in it.

import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Generation, RelayAddress } from '../src/engine/ports.ts'
import type { Answer } from '../src/shared/answer.ts'
import type { CallInput, CallName, CallOutput } from '../src/shared/api.ts'
import { dispatch } from '../src/shared/dispatch.ts'
import {
  type AccountId,
  type ConversationId,
  type GroupId,
  type MessageId,
  personConversation,
} from '../src/shared/ids.ts'
import type {
  ChangeSet,
  Conversation,
  GroupSummary,
  Linking,
  Message,
  PersonConversation,
  Snapshot,
} from '../src/shared/model.ts'
import { until } from './until.ts'
import { type Device, openDevice, type World } from './world.ts'

/** A group as the story names it. */
export interface Meeting {
  id: ConversationId
  group: GroupId
}

export class Person {
  readonly name: string
  readonly changes: ChangeSet[] = []
  readonly #world: World
  readonly #address: () => RelayAddress
  readonly #generation = memoryGeneration()
  #device: Device | undefined
  readonly #again: AccountId | undefined
  #account: AccountId | undefined
  readonly #place: string

  /**
   * @param again somebody who begins anew, with nothing but the account id of before; or from a copy of the file.
   * @param device another device of theirs: what its files are called.
   */
  constructor(world: World, name: string, address: () => RelayAddress, again?: AccountId, device?: string) {
    this.#world = world
    this.name = name
    this.#address = address
    this.#again = device === undefined ? again : undefined
    if (device !== undefined) this.#account = again
    this.#place = device ?? (again === undefined ? this.username : `${this.username}-again`)
  }

  get username(): string {
    return this.name.toLowerCase()
  }

  get file(): string {
    return join(this.#world.folder, `${this.#place}.db`)
  }

  get account(): AccountId {
    if (this.#account === undefined) throw new Error(`${this.name} has no account`)
    return this.#account
  }

  get device(): Device {
    if (this.#device === undefined) throw new Error(`${this.name} has closed the app`)
    return this.#device
  }

  async open(crash?: (point: string) => void): Promise<void> {
    this.#device = await openDevice(this.#world, this.file, this.#generation, this.#address, crash, this.#again)
    this.#device.messenger.onChange((set) => this.changes.push(set))
  }

  /** With a database that is there already, and what the keychain holds beside it. */
  async openWith(generation: number): Promise<void> {
    await this.#generation.write(generation)
    await this.open()
    this.#account = (await this.snapshot()).profile?.account
  }

  async close(): Promise<void> {
    const device = this.#device
    this.#device = undefined
    if (device === undefined) return
    await device.messenger.close()
    device.sql.close()
  }

  async reopen(): Promise<void> {
    await this.close()
    await this.open()
  }

  /** The app is closed, and all its files are as they were at `copied`. */
  async restore(copied: string): Promise<void> {
    await this.close()
    copyFileSync(copied, this.file)
  }

  /** A copy of the profile as it is now; the app is closed for it and opened again. */
  async backUp(): Promise<string> {
    await this.close()
    const copy = `${this.file}.copy`
    copyFileSync(this.file, copy)
    await this.open()
    return copy
  }

  async try<Name extends CallName>(name: Name, input: CallInput<Name>): Promise<Answer<CallOutput<Name>>> {
    const handlers = { ...this.device.messenger.handlers, ...hostCalls }
    const answered = await dispatch(handlers, name, input, (_, error) => {
      throw error
    })
    return answered as Answer<CallOutput<Name>>
  }

  /** As try, where a refusal would be a surprise. */
  async do<Name extends CallName>(name: Name, input: CallInput<Name>): Promise<CallOutput<Name>> {
    const answered = await this.try(name, input)
    if (!answered.ok)
      throw new Error(`${this.name}: ${name} was refused: ${answered.failure.code} ${answered.failure.detail ?? ''}`)
    return answered.value
  }

  async register(): Promise<void> {
    const profile = await this.do('createProfile', {
      name: this.name,
      username: this.username,
      relay: { kind: 'address', url: this.#address().url },
    })
    this.#account = profile.account
    await this.online()
  }

  /** On an install without a profile. */
  beginLink(): Promise<CallOutput<'beginLink'>> {
    const relay = { kind: 'address' as const, url: this.#address().url }
    return this.do('beginLink', { relay, deviceName: `${this.name}’s other computer` })
  }

  /** Waits until the link is that far. */
  async linking<State extends Linking['state']>(state: State): Promise<Extract<Linking, { state: State }>> {
    let last: Linking | undefined
    await until(
      async () => {
        last = (await this.snapshot()).linking
        return last.state === state
      },
      () => `${this.name}’s link is ${state}, but it is ${JSON.stringify(last)}`,
    )
    return last as Extract<Linking, { state: State }>
  }

  /** The words on the screen. */
  async compares(): Promise<string[]> {
    return (await this.linking('comparing')).words
  }

  snapshot(): Promise<Snapshot> {
    return this.do('getSnapshot', {})
  }

  async online(): Promise<void> {
    await until(async () => (await this.snapshot()).connection.state === 'online', `${this.name} is online`)
  }

  async find(other: Person): Promise<Conversation> {
    const person = await this.do('findPerson', { username: other.username })
    return this.do('openConversation', { account: person.account })
  }

  /** A request, accepted. */
  async befriend(other: Person): Promise<void> {
    await this.find(other)
    await this.say(other, `Hello ${other.name}`)
    await other.sees(this, [`Hello ${other.name}`])
    await other.accept(this)
    await until(async () => (await this.conversation(other)).state === 'open', `${other.name} accepted`)
    await this.reaches(other, `Hello ${other.name}`, 'delivered')
  }

  accept(other: Person): Promise<null> {
    return this.do('acceptRequest', { conversation: personConversation(other.account) })
  }

  /** Reads all that is there. */
  read(other: Person): Promise<void> {
    return this.readAllIn(personConversation(other.account))
  }

  async readAllIn(conversation: ConversationId): Promise<void> {
    const last = (await this.messagesIn(conversation)).at(-1)
    if (last === undefined) throw new Error(`${this.name} has nothing to read`)
    await this.do('markRead', { conversation, upTo: last.id })
  }

  say(other: Person, text: string): Promise<Message> {
    return this.do('sendMessage', { conversation: personConversation(other.account), text })
  }

  /** A group with these people, who have all accepted. */
  async gather(title: string, ...people: Person[]): Promise<Meeting> {
    const made = await this.do('createGroup', { title, people: people.map(({ account }) => account) })
    for (const person of people) await person.accepts(made.id)
    for (const person of [this, ...people]) await person.counts(made.id, people.length + 1)
    return { id: made.id, group: made.group.id }
  }

  /** The invitation has come, and is accepted. */
  async accepts(group: ConversationId): Promise<void> {
    await until(async () => (await this.group(group))?.standing === 'invited', `${this.name} is invited`)
    await this.do('answerInvitation', { conversation: group, accept: true })
  }

  async counts(group: ConversationId, members: number): Promise<void> {
    let last: GroupSummary | undefined
    await until(
      async () => {
        last = await this.group(group)
        return last?.members === members && last.standing === 'member'
      },
      () => `${this.name} counts ${members} members, but it is ${JSON.stringify(last)}`,
    )
  }

  /** As the list shows it. */
  async group(id: ConversationId): Promise<GroupSummary | undefined> {
    return (await this.snapshot()).conversations.find((one) => one.id === id)?.group ?? undefined
  }

  tell(group: ConversationId, text: string): Promise<Message> {
    return this.do('sendMessage', { conversation: group, text })
  }

  /** What was said in a group: texts, placeholders in brackets, and with `events` what happened. */
  async readsIn(group: ConversationId, events = false): Promise<string[]> {
    return (await this.messagesIn(group)).flatMap(({ content }) => {
      if (content.kind === 'text') return content.text
      if (content.kind === 'group-event') return events ? `(${content.event})` : []
      return content.kind === 'gap' ? `[${content.missing} missing]` : `[${content.kind}]`
    })
  }

  async seesIn(group: ConversationId, expected: string[]): Promise<void> {
    let last: string[] = []
    await until(
      async () => {
        last = await this.readsIn(group)
        return JSON.stringify(last) === JSON.stringify(expected)
      },
      () => `${this.name} sees ${JSON.stringify(expected)}, but it is ${JSON.stringify(last)}`,
    )
  }

  /** As seesIn, however long it takes by the clock: keys that do not come by themselves are asked for. */
  async comesToSee(group: ConversationId, expected: string[]): Promise<void> {
    let last: string[] = []
    await until(
      async () => {
        await this.#world.clock.advance(500)
        last = (await this.group(group)) === undefined ? [] : await this.readsIn(group)
        return JSON.stringify(last) === JSON.stringify(expected)
      },
      () => `${this.name} sees ${JSON.stringify(expected)}, but it is ${JSON.stringify(last)}`,
    )
  }

  async conversation(other: Person): Promise<PersonConversation> {
    const found = (await this.snapshot()).conversations.find((one) => one.id === personConversation(other.account))
    if (found === undefined || found.kind === 'group')
      throw new Error(`${this.name} has no conversation with ${other.name}`)
    return found
  }

  async hasConversation(other: Person): Promise<boolean> {
    return (await this.snapshot()).conversations.some((one) => one.id === personConversation(other.account))
  }

  /** All that stands in the conversation. */
  async messages(other: Person): Promise<Message[]> {
    return this.messagesIn(personConversation(other.account))
  }

  async messagesIn(conversation: ConversationId): Promise<Message[]> {
    const all: Message[] = []
    let before: MessageId | undefined
    for (;;) {
      const page = await this.do('listMessages', {
        conversation,
        limit: 200,
        ...(before === undefined ? {} : { before }),
      })
      all.unshift(...page.messages)
      before = page.messages[0]?.id
      if (!page.hasEarlier) return all
    }
  }

  /** The conversation as one reads it: texts, and notices in brackets. */
  async reads(other: Person): Promise<string[]> {
    if (!(await this.hasConversation(other))) return []
    return (await this.messages(other)).map(({ content }) => {
      if (content.kind === 'text') return content.text
      return content.kind === 'gap' ? `[${content.missing} missing]` : `[${content.kind}]`
    })
  }

  /** Waits until the conversation reads so. */
  async sees(other: Person, expected: string[]): Promise<void> {
    let last: string[] = []
    await until(
      async () => {
        last = await this.reads(other)
        return JSON.stringify(last) === JSON.stringify(expected)
      },
      () => `${this.name} sees ${JSON.stringify(expected)}, but it is ${JSON.stringify(last)}`,
    )
  }

  /** Waits until the tick beside one's own message says so. */
  async reaches(other: Person, text: string, state: NonNullable<Message['delivery']>['state']): Promise<void> {
    let last: Message['delivery'] | undefined
    await until(
      async () => {
        const message = (await this.messages(other)).find(
          ({ content, own }) => own && content.kind === 'text' && content.text === text,
        )
        last = message?.delivery
        return last?.state === state
      },
      () => `${this.name}'s "${text}" is ${state}, but it is ${JSON.stringify(last)}`,
    )
  }
}

function memoryGeneration(): Generation & { value: number | undefined } {
  return {
    value: undefined,
    async read() {
      return this.value
    },
    async write(generation) {
      this.value = generation
    },
  }
}

async function never(): Promise<never> {
  throw new Error('the host answers this')
}

/** What only a host answers. */
const hostCalls = {
  openProfile: never,
  openSecondProfile: never,
  openWithRecoveryCode: never,
  revealRecoveryCode: never,
  confirmRecoveryCode: never,
  checkRecoveryCode: never,
  setPassphrase: never,
  changePassphrase: never,
  removePassphrase: never,
  lock: never,
  unlock: never,
  setIdleLock: never,
  createBackup: never,
  cancelBackup: never,
  verifyBackup: never,
  chooseBackup: never,
  restoreBackup: never,
  exportHistory: never,
  importHistory: never,
  installUpdate: never,
  dismissLink: never,
}
