// A scripted engine in memory: answers every call of the contract through the same door as the real one, and can be told
// to let things happen, get lost, or be refused.

import { answer, refuse } from '../../../src/shared/answer.ts'
import { api, type CallName, type CallOutput, type Client } from '../../../src/shared/api.ts'
import { dispatch } from '../../../src/shared/dispatch.ts'
import type { FailureCode } from '../../../src/shared/failure.ts'
import { type ConversationId, Instant } from '../../../src/shared/ids.ts'
import {
  type Change,
  ChangeSet,
  type Conversation,
  type Group,
  type Message,
  type MessageContent,
  type Person,
  type PersonConversation,
  Settings,
  Snapshot,
} from '../../../src/shared/model.ts'
import { byTheRules } from './group.ts'
import { SCANNABLE, stageHandlers } from './handlers.ts'
import { isWithPerson, message, person } from './people.ts'
import { sceneNamed } from './scenes.ts'

export class Stage {
  readonly calls: Array<{ name: string; input: unknown }> = []
  readonly client: Client
  /** What everybody's safety number is as a code. */
  readonly scannable = SCANNABLE
  messages: Message[]
  /** The one of the scene, if it has one. */
  group: Group | undefined
  /** How far the next invitations come; undefined: all are invited. */
  invites: CallOutput<'inviteToGroup'> | undefined
  #snapshot: Snapshot
  #listeners = new Set<(changes: ChangeSet) => void>()
  #refusals = new Map<string, FailureCode>()
  #lost = 0

  constructor(scene: string, theme: string) {
    const { snapshot, messages, group } = sceneNamed(scene)
    const settings = Settings.parse({ ...snapshot.settings, theme })
    this.#snapshot = Snapshot.parse({ ...snapshot, settings })
    this.messages = [...messages]
    this.group = group
    const handlers = stageHandlers(this)
    this.client = {
      invoke: async <Name extends CallName>(name: Name, input: unknown) => {
        this.calls.push({ name, input })
        const code = this.#refusals.get(name)
        if (code) return refuse(code)
        const answered = await dispatch(handlers, name, input, (call, error) => console.error(call, error))
        if (!answered.ok) return answered
        return answer(api[name].output.parse(answered.value) as CallOutput<Name>)
      },
      onChange: (listener) => {
        this.#listeners.add(listener)
        return () => this.#listeners.delete(listener)
      },
    }
  }

  get snapshot(): Snapshot {
    return this.#snapshot
  }

  conversation(id: ConversationId): Conversation {
    const found = this.#snapshot.conversations.find((row) => row.id === id)
    if (!found) throw new Error(`no conversation ${id}`)
    return found
  }

  /** The conversation with whoever has this username. */
  with(username: string): PersonConversation {
    const found = this.#snapshot.conversations.filter(isWithPerson).find((row) => row.person.username === username)
    if (!found) throw new Error(`no conversation with ${username}`)
    return found
  }

  /** One commit: the state moves on, and listeners are told unless the change set is to be lost. */
  commit(...changes: Change[]): void {
    const revision = this.#snapshot.revision + 1
    this.#snapshot = Snapshot.parse(changes.reduce(applied, { ...this.#snapshot, revision }))
    for (const change of changes) {
      if (change.kind === 'message') {
        this.messages = [...this.messages.filter((known) => known.id !== change.message.id), change.message]
      }
      if (change.kind === 'message-gone') {
        this.messages = this.messages.filter((known) => known.id !== change.message)
      }
    }
    if (this.#lost > 0) {
      this.#lost -= 1
      return
    }
    const set = ChangeSet.parse({ revision, changes })
    for (const listener of this.#listeners) listener(structuredClone(set))
  }

  /** The next commits are made, but nobody is told. */
  lose(commits: number): void {
    this.#lost = commits
  }

  refuse(call: CallName, code: FailureCode | null): void {
    if (code) this.#refusals.set(call, code)
    else this.#refusals.delete(call)
  }

  /** Somebody writes. */
  receive(username: string, content: string | MessageContent): void {
    const row = this.with(username)
    const position = Math.max(0, ...this.of(row.id).map((known) => known.position)) + 1
    const written = message(row.person, row.person, position, Date.now(), content)
    this.commit(
      { kind: 'message', message: written },
      {
        kind: 'conversation',
        conversation: {
          ...row,
          unread: row.unread + 1,
          firstUnread: row.firstUnread ?? written.id,
          typing: false,
          last: {
            id: written.id,
            own: false,
            authorName: null,
            at: written.sentAt,
            content: written.content,
            delivery: null,
          },
          lastAt: written.sentAt,
        },
      },
    )
  }

  /** Another device has sent what was said before all that is here. */
  remember(username: string, texts: readonly string[]): void {
    const row = this.with(username)
    const first = Math.min(1000, ...this.of(row.id).map((known) => known.position))
    const earlier = texts.map((text, at) =>
      message(row.person, row.person, first - texts.length + at, Date.now() - 86_400_000, text),
    )
    this.messages = [...earlier, ...this.messages]
    this.commit({ kind: 'earlier-messages', conversation: row.id })
  }

  /** A stranger asks to talk. */
  meet(number: number, name: string, username: string, text: string): void {
    const stranger = person(number, name, username)
    const row = {
      ...this.#newRow(stranger),
      state: 'incoming-request' as const,
    }
    this.commit({ kind: 'conversation', conversation: row })
    this.receive(username, text)
  }

  change(username: string, part: Partial<PersonConversation>): void {
    this.commit({ kind: 'conversation', conversation: { ...this.with(username), ...part } })
  }

  changeGroup(part: Partial<Group>): void {
    if (!this.group) throw new Error('this scene has no group')
    const changed = { ...this.group, ...part }
    const summary = { ...changed.summary, members: changed.members.length, requests: changed.requests.length }
    this.group = byTheRules({ ...changed, summary })
    const row = this.conversation(changed.conversation)
    if (row.kind === 'group') this.commit({ kind: 'conversation', conversation: { ...row, group: this.group.summary } })
  }

  /** The relay is away; the next try is in so many milliseconds. */
  goOffline(retryIn: number): void {
    const since = Instant.parse(Date.now())
    this.commit({
      kind: 'connection',
      connection: { state: 'offline', since, retryAt: Instant.parse(since + retryIn) },
    })
  }

  of(id: ConversationId): Message[] {
    return this.messages
      .filter((known) => known.conversation === id)
      .sort((a, b) => a.position - b.position || a.sequence - b.sequence)
  }

  #newRow(with_: Person): PersonConversation {
    return {
      id: `person:${with_.account}` as ConversationId,
      kind: 'person',
      person: with_,
      group: null,
      state: 'open',
      unread: 0,
      firstUnread: null,
      draft: '',
      last: null,
      lastAt: Instant.parse(Date.now()),
      typing: false,
      muted: null,
      archived: false,
      pinned: false,
    }
  }
}

function applied(snapshot: Snapshot, change: Change): Snapshot {
  switch (change.kind) {
    case 'stage':
      return { ...snapshot, stage: change.stage }
    case 'lock':
      return { ...snapshot, lock: change.lock }
    case 'backup':
      return { ...snapshot, backup: change.backup }
    case 'restored':
      return { ...snapshot, restoredAt: change.at }
    case 'update':
      return { ...snapshot, update: change.update }
    case 'recovery':
      return { ...snapshot, recovery: change.recovery }
    case 'opened-link':
      return { ...snapshot, openedLink: change.openedLink }
    case 'contradiction':
      return { ...snapshot, contradiction: change.contradiction }
    case 'profile':
      return { ...snapshot, profile: change.profile }
    case 'connection':
      return { ...snapshot, connection: change.connection }
    case 'linking':
      return { ...snapshot, linking: change.linking }
    case 'history':
      return { ...snapshot, history: change.history }
    case 'settings':
      return { ...snapshot, settings: change.settings }
    case 'devices':
      return { ...snapshot, devices: change.devices }
    case 'conversation': {
      const others = snapshot.conversations.filter((row) => row.id !== change.conversation.id)
      return { ...snapshot, conversations: [...others, change.conversation] }
    }
    case 'conversation-gone':
      return { ...snapshot, conversations: snapshot.conversations.filter((row) => row.id !== change.conversation) }
    case 'earlier-messages':
    case 'message':
    case 'message-gone':
      return snapshot
  }
}
