// The scenes a test can begin with.

import { Instant } from '../../../src/shared/ids.ts'
import {
  type Conversation,
  type Group,
  GroupRole,
  type Message,
  type MessageContent,
  type Person,
  type PersonConversation,
  type Snapshot,
} from '../../../src/shared/model.ts'
import { groupRow, largeWalk, northRidgeWalk, walkMessages } from './group.ts'
import {
  alba,
  conversation,
  emptySnapshot,
  grandpa,
  iris,
  jonas,
  leo,
  maya,
  message,
  noor,
  person,
  priya,
} from './people.ts'

export interface Scene {
  readonly snapshot: Snapshot
  readonly messages: readonly Message[]
  readonly group?: Group
}

const HOUR = 3_600_000
const DAY = 24 * HOUR

function at(day: number, hour: number, minute: number): Instant {
  const start = new Date(Date.now()).setHours(0, 0, 0, 0)
  return Instant.parse(start + day * DAY + hour * HOUR + minute * 60_000)
}

/** A conversation whose last line, time and unread count follow from its messages. */
function told(
  with_: Person,
  messages: readonly Message[],
  unread = 0,
  more: Partial<PersonConversation> = {},
): PersonConversation {
  const last = messages.at(-1)
  return conversation(with_, {
    unread,
    firstUnread: unread > 0 ? (messages.at(-unread)?.id ?? null) : null,
    last: last ? lastOf(last) : null,
    lastAt: last?.sentAt ?? Instant.parse(0),
    ...more,
  })
}

function lastOf({ id, own, authorName, sentAt, content, delivery }: Message): Conversation['last'] {
  return { id, own, authorName, at: sentAt, content, delivery }
}

function daySnapshot(): Scene {
  const withMaya = [
    message(maya, maya, 1, at(-1, 18, 2), 'Hut or tents?'),
    message(maya, alba, 2, at(-1, 18, 5), 'Hut. My back has opinions.'),
    message(maya, maya, 3, at(0, 14, 21), 'Who is bringing the stove? You had the small one last time'),
    message(maya, alba, 4, at(0, 14, 24), 'Me. And two gas cans — do we need EN 417 threads for yours?'),
    message(maya, alba, 5, at(0, 14, 25), 'I can check the shop on the way home', {
      state: 'delivered',
      at: at(0, 14, 25),
    }),
    message(maya, maya, 6, at(0, 14, 31), 'Done!'),
    message(maya, maya, 7, at(0, 14, 32), 'the hut is booked, 6 bunks. I will send the confirmation when it comes'),
  ]
  const withIris = [
    message(iris, iris, 1, at(0, 14, 8), 'Then let us meet at the station.'),
    message(iris, alba, 2, at(0, 14, 10), 'sounds right to me'),
  ]
  const withJonas = [message(jonas, jonas, 1, at(0, 14, 5), 'I am nearly there')]
  const withGrandpa = [message(grandpa, grandpa, 1, at(-1, 11, 0), 'The apples are ripe. Come and get them.')]
  const withLeo = [message(leo, leo, 1, at(-3, 11, 0), 'See you')]
  const withPriya = [
    message(priya, priya, 1, at(0, 14, 2), 'Hello, this is Priya from the walk. May I write to you here?'),
  ]
  const withNoor = [message(noor, noor, 1, at(-2, 9, 0), 'مرحبا، هل نلتقي غدا؟')]
  const notes = [message(alba, alba, 1, at(-5, 9, 0), 'passport no., ferry times')]
  return {
    messages: [withMaya, withIris, withJonas, withGrandpa, withLeo, withPriya, withNoor, notes].flat(),
    snapshot: {
      ...emptySnapshot(Date.now()),
      conversations: [
        told(maya, withMaya, 2),
        told(iris, withIris),
        told(jonas, withJonas, 1, { typing: true }),
        told(priya, withPriya, 1, { state: 'incoming-request' }),
        told(grandpa, withGrandpa),
        told(noor, withNoor),
        told(leo, withLeo, 0, { draft: 'I was thinking that we could' }),
        told(alba, notes),
      ],
    },
  }
}

/** The day, with a group at the top of the list: one that Alba made, or is in with less rights than others. */
function inGroup(role: GroupRole, group = northRidgeWalk(Date.now(), role)): Scene {
  const day = daySnapshot()
  const messages = walkMessages(Date.now())
  const last = messages.at(-1)
  const row = groupRow(group, last && { last: lastOf(last), lastAt: last.sentAt })
  return {
    group,
    messages: [...day.messages, ...messages],
    snapshot: { ...day.snapshot, conversations: [row, ...day.snapshot.conversations] },
  }
}

/** One of each state a message can be in. */
function states(): Scene {
  const own = (position: number, text: string, delivery: Message['delivery']) =>
    message(maya, alba, position, at(0, 14, position), text, delivery)
  const note = (position: number, content: MessageContent) =>
    message(maya, maya, position, at(0, 14, position), content)
  const messages = [
    own(1, 'Tea at five?', { state: 'read', at: at(0, 14, 1) }),
    own(2, 'Or six?', { state: 'delivered', at: at(0, 14, 2) }),
    own(3, 'Say when', { state: 'sent', at: at(0, 14, 3) }),
    note(4, { kind: 'gap', missing: 2 }),
    message(maya, maya, 5, at(0, 14, 5), 'Sure! See you there'),
    note(6, { kind: 'undecryptable', askedAt: at(0, 14, 6) }),
    note(7, { kind: 'restored' }),
    message(maya, maya, 8, at(0, 14, 8), '🫖🍪'),
    own(9, 'photo of the whole stove, in words', { state: 'failed', failure: { code: 'too-large' } }),
    note(10, { kind: 'new-safety-number' }),
    note(11, { kind: 'deleted' }),
    note(12, { kind: 'unlisted-device' }),
    note(13, { kind: 'keys-replaced' }),
    { ...own(14, 'Bring the big stove', { state: 'read', at: at(0, 14, 14) }), editedAt: at(0, 14, 15) },
    own(15, 'Bring the small stove', { state: 'waiting' }),
  ]
  const changed: Person = { ...maya, safety: { state: 'changed', at: at(0, 14, 10), wasVerified: true } }
  return { messages, snapshot: { ...emptySnapshot(Date.now()), conversations: [told(changed, messages)] } }
}

/** So many messages with one person, and as many people. */
function long(): Scene {
  const messages = Array.from({ length: 400 }, (_, index) =>
    message(maya, index % 3 === 0 ? alba : maya, index + 1, at(-4, 0, index * 13), `Line ${index + 1}`),
  )
  const crowd = Array.from({ length: 300 }, (_, index) =>
    conversation(person(100 + index, `Guest ${index + 1}`, `guest${index + 1}`), { lastAt: at(-9, 0, index) }),
  )
  return {
    messages,
    snapshot: { ...emptySnapshot(Date.now()), conversations: [told(maya, messages), ...crowd] },
  }
}

/** The long conversation, with its last hundred messages unread. */
function behind(): Scene {
  const { messages, snapshot } = long()
  return { messages, snapshot: { ...snapshot, conversations: [told(maya, messages, 100)] } }
}

function atStage(stage: Snapshot['stage']): Scene {
  return { messages: [], snapshot: { ...emptySnapshot(Date.now()), stage, profile: null, conversations: [] } }
}

/** A profile behind its passphrase; after so many wrong ones, the next try has to wait a moment. */
function locked(waiting: boolean): Scene {
  const nextTryAt = waiting ? Instant.parse(Date.now() + 20_000) : null
  const { messages, snapshot } = atStage({ stage: 'locked', nextTryAt })
  return { messages, snapshot: { ...snapshot, lock: { passphrase: true, idleMinutes: 5 } } }
}

/** `closed:<code>` shows a profile that does not open. */
export function sceneNamed(name: string): Scene {
  const [kind, code] = name.split(':')
  switch (kind) {
    case 'day':
      return daySnapshot()
    case 'group':
      return code === 'large'
        ? inGroup('owner', largeWalk(Date.now()))
        : inGroup(GroupRole.safeParse(code).data ?? 'owner')
    case 'states':
      return states()
    case 'long':
      return long()
    case 'behind':
      return behind()
    case 'empty':
      return { messages: [], snapshot: emptySnapshot(Date.now()) }
    case 'welcome':
      return atStage({ stage: 'welcome' })
    case 'restored': {
      const { messages, snapshot } = daySnapshot()
      return { messages, snapshot: { ...snapshot, restoredAt: at(0, 14, 38) } }
    }
    case 'locked':
      return locked(code === 'wait')
    case 'closed':
      return atStage({ stage: 'closed', failure: { code: code as 'keychain-locked', detail: 'harness' } })
    default:
      throw new Error(`no scene ${name}`)
  }
}
