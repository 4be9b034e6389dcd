// A group for the scenes: six on a walk, with somebody at the door.

import { mayNotRecallOf, mayWith, mayWithAll } from '../../../src/engine/groups/may.ts'
import { PERMISSIONS } from '../../../src/protocol/groups/change.ts'
import { atLeast, DEFAULT_PERMISSIONS, type Ranks } from '../../../src/protocol/groups/permissions.ts'
import type { Member } from '../../../src/protocol/groups/state.ts'
import { type AccountId, GroupId, groupConversation, Instant } from '../../../src/shared/ids.ts'
import { MAX_GROUP_MEMBERS } from '../../../src/shared/limits.ts'
import type {
  Group,
  GroupConversation,
  GroupMember,
  GroupRole,
  Message,
  MessageContent,
  Person,
} from '../../../src/shared/model.ts'
import { alba, iris, jonas, leo, maya, message, person } from './people.ts'

const sana = person(51, 'Sana Noor', 'sana')
const tomas = person(50, 'Tomas Kral', 'tomas')
const DAY = 86_400_000

export const walk = groupConversation(GroupId.parse('0000096f-0000-4000-8000-000000000001'))

function member(who: Person, role: GroupRole, more: Partial<GroupMember> = {}): GroupMember {
  const you = who === alba
  return { person: who, you, role, joinedAt: Instant.parse(0), muted: null, may: [], mayBecome: [], ...more }
}

/** With what the real rules let one do, as its members stand. */
export function byTheRules(group: Group): Group {
  const own = group.members.find(({ you }) => you)
  if (own === undefined) return group
  const account = own.person.account
  const { permissions } = group
  const state: Ranks = {
    permissions,
    mutedBelow: undefined,
    members: new Map(
      group.members.map(({ person, role, muted }) => [
        person.account,
        { role, muted: muted === null ? undefined : { until: undefined } } as Member,
      ]),
    ),
  }
  const mayRecall = atLeast(own.role, permissions.recall)
  return {
    ...group,
    summary: {
      ...group.summary,
      role: group.summary.role && own.role,
      mayRecall,
      mayNotRecallOf: mayRecall ? mayNotRecallOf(state, account) : [],
    },
    members: group.members.map((one) => ({ ...one, ...mayWith(state, account, one.person.account) })),
    may: PERMISSIONS.filter((permission) => atLeast(own.role, permissions[permission])),
    mayAll: mayWithAll(state, account),
  }
}

export function northRidgeWalk(now: number, role: GroupRole): Group {
  const members = [
    member(alba, role),
    member(maya, role === 'admin' ? 'owner' : 'admin'),
    member(iris, 'member'),
    member(jonas, 'member', { muted: { until: null } }),
    member(sana, role === 'admin' ? 'admin' : 'member'),
  ]
  return byTheRules({
    conversation: walk,
    summary: {
      id: GroupId.parse(walk.slice('group:'.length)),
      title: 'North Ridge walk',
      avatar: null,
      members: members.length,
      standing: 'member',
      role,
      encryption: 'required',
      encryptionUnseen: false,
      epoch: 2,
      marked: false,
      maySend: true,
      mayRecall: false,
      mayNotRecallOf: [],
      requests: 1,
    },
    description: 'Two days, one hut, six bunks',
    createdAt: Instant.parse(now - 9 * DAY),
    members,
    invited: [{ person: leo, role: 'member', expiresAt: Instant.parse(now + DAY) }],
    toInvite: 0,
    requests: [
      { person: tomas, note: 'Maya told me about the walk. May I come along?', at: Instant.parse(now - 600_000) },
    ],
    bans: [],
    permissions: DEFAULT_PERMISSIONS,
    policies: { history: { kind: 'days', days: 30 }, rotationTime: 7 * DAY, rotationMessages: 100 },
    link: true,
    epochOpenedAt: Instant.parse(now - 1_260_000),
    may: [],
    mayAll: [],
    halted: null,
  })
}

/** As many as a group may have. */
export function largeWalk(now: number): Group {
  const walk = northRidgeWalk(now, 'owner')
  const crowd = Array.from({ length: MAX_GROUP_MEMBERS - walk.members.length }, (_, at) =>
    member(person(1000 + at, `Walker ${at + 1}`, `walker${at + 1}`), 'member'),
  )
  const members = [...walk.members, ...crowd]
  return byTheRules({ ...walk, members, summary: { ...walk.summary, members: members.length } })
}

export function happened(event: Event, actor: Person, more: Partial<Happened> = {}): MessageContent {
  return {
    kind: 'group-event',
    event,
    actor: actor.account,
    actorName: actor.name,
    accounts: [],
    value: null,
    epoch: null,
    until: null,
    ...more,
  }
}

/** Something of the group's timeline, said or happened. */
export function inWalk(from: Person, position: number, at: number, content: string | MessageContent): Message {
  return { ...message(from, from, position, at, content), conversation: walk, authorName: from.name }
}

export function walkMessages(now: number): Message[] {
  const say = (from: Person, position: number, content: string | MessageContent) =>
    inWalk(from, position, now - (20 - position) * 60_000, content)
  const named = (who: Person): { account: AccountId; name: string } => ({ account: who.account, name: who.name })
  return [
    say(alba, 1, happened('created', alba)),
    say(maya, 2, happened('joined', maya)),
    say(leo, 3, happened('left', leo)),
    say(alba, 4, happened('new-keys', alba, { epoch: 2 })),
    say(maya, 5, 'Who is bringing the stove? @Alba you had the small one last time'),
    say(alba, 6, 'Me. And two gas cans'),
    say(jonas, 7, 'I have the maps'),
    say(alba, 8, happened('muted', alba, { accounts: [named(jonas)] })),
    say(iris, 9, { kind: 'key-missing', epoch: 2 }),
    say(tomas, 10, happened('asked-to-join', tomas)),
    say(maya, 11, happened('details', maya, { value: 'picture' })),
    say(maya, 12, 'Done!'),
    say(maya, 13, 'the hut is booked, 6 bunks. I will send the confirmation when it comes'),
  ]
}

type Happened = Extract<MessageContent, { kind: 'group-event' }>
type Event = Happened['event']

export function groupRow(group: Group, more: Partial<GroupConversation> = {}): GroupConversation {
  return {
    id: group.conversation,
    kind: 'group',
    person: null,
    group: group.summary,
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
