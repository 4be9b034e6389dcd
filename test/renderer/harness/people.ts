// The people of the scenes, with ids that are the same every time.

import {
  AccountId,
  DeviceId,
  Instant,
  MessageId,
  ProfileName,
  personConversation,
  Username,
} from '../../../src/shared/ids.ts'
import type {
  Conversation,
  Message,
  MessageContent,
  Person,
  PersonConversation,
  Profile,
  Snapshot,
} from '../../../src/shared/model.ts'

function uuid(kind: number, number: number): string {
  return `${kind.toString(16).padStart(8, '0')}-0000-4000-8000-${number.toString(16).padStart(12, '0')}`
}

export function account(number: number): AccountId {
  return AccountId.parse(uuid(0xacc, number))
}

let messagesMade = 0

export function nextMessageId(): MessageId {
  messagesMade += 1
  return MessageId.parse(uuid(0x3e5, messagesMade))
}

export function person(number: number, name: string, username: string, more: Partial<Person> = {}): Person {
  return {
    account: account(number),
    username: Username.parse(username),
    name,
    profileName: name,
    nickname: null,
    about: '',
    avatar: null,
    note: '',
    safety: { state: 'unverified' },
    blocked: false,
    ...more,
  }
}

export const alba = person(1, 'Alba Lund', 'alba')
export const maya = person(2, 'Maya Lindqvist', 'maya')
export const iris = person(3, 'Iris Okafor', 'iris', { safety: { state: 'verified', at: Instant.parse(0) } })
export const jonas = person(4, 'Jonas Thiel', 'jonas')
export const grandpa = person(6, 'Grandpa', 'grandpa', { safety: { state: 'verified', at: Instant.parse(0) } })
export const leo = person(8, 'Leo Santos', 'leo')
export const priya = person(5, 'Priya Raman', 'priya')
export const noor = person(7, 'نور الدين', 'noor')

export const albasProfile: Profile = {
  account: alba.account,
  device: DeviceId.parse(1),
  username: alba.username,
  name: alba.name,
  about: 'Mostly in the hills',
  avatar: null,
  relay: { kind: 'this-computer' },
}

export function isWithPerson(row: Conversation): row is PersonConversation {
  return row.kind !== 'group'
}

export function conversation(with_: Person, more: Partial<PersonConversation> = {}): PersonConversation {
  return {
    id: personConversation(with_.account),
    kind: with_.account === alba.account ? 'notes' : 'person',
    person: with_,
    group: null,
    state: 'open',
    unread: 0,
    firstUnread: null,
    draft: '',
    last: null,
    lastAt: Instant.parse(0),
    typing: false,
    muted: null,
    archived: false,
    pinned: false,
    ...more,
  }
}

export function message(
  with_: Person,
  from: Person,
  position: number,
  at: number,
  content: string | MessageContent,
  delivery: Message['delivery'] = null,
): Message {
  const own = from.account === alba.account
  return {
    id: nextMessageId(),
    conversation: personConversation(with_.account),
    author: from.account,
    authorName: null,
    readable: false,
    own,
    position,
    sequence: 0,
    sentAt: Instant.parse(at),
    content: typeof content === 'string' ? { kind: 'text', text: content } : content,
    delivery: own ? (delivery ?? { state: 'read', at: Instant.parse(at + 1000) }) : null,
    editedAt: null,
    imported: false,
    readBy: null,
  }
}

export function emptySnapshot(now: number): Snapshot {
  return {
    revision: 1,
    host: { shell: 'electron', version: '0.1.0', profile: ProfileName.parse('main'), platform: 'linux' },
    stage: { stage: 'open' },
    recovery: 'confirmed',
    lock: { passphrase: false, idleMinutes: null },
    backup: { place: null, lastAt: null, work: null },
    restoredAt: null,
    update: { state: 'none' },
    openedLink: { state: 'none' },
    profile: albasProfile,
    connection: { state: 'online', since: Instant.parse(now) },
    linking: { state: 'none' },
    history: { arriving: null, leaving: null },
    settings: { theme: 'light', readReceipts: true, typingIndicators: true },
    devices: [
      {
        device: DeviceId.parse(1),
        name: 'Desk',
        here: true,
        addedAt: Instant.parse(Math.max(0, now - 9e9)),
        heardAt: null,
      },
      {
        device: DeviceId.parse(2),
        name: 'Laptop',
        here: false,
        addedAt: Instant.parse(Math.max(0, now - 8e8)),
        heardAt: Instant.parse(Math.max(0, now - 7e6)),
      },
      {
        device: DeviceId.parse(3),
        name: null,
        here: false,
        addedAt: Instant.parse(Math.max(0, now - 4e8)),
        heardAt: null,
      },
    ],
    contradiction: null,
    conversations: [],
  }
}
