// A group of the scenes: who is in it, what was said and what happened, and what a scripted engine answers about it.

import { DEFAULT_PERMISSIONS } from '../../../src/protocol/groups/permissions.ts'
import { answer, refuse } from '../../../src/shared/answer.ts'
import type { Handlers } from '../../../src/shared/api.ts'
import { GroupId, groupConversation, Instant } from '../../../src/shared/ids.ts'
import type {
  Group,
  GroupConversation,
  GroupEvent,
  GroupMember,
  GroupRole,
  Message,
  Person,
} from '../../../src/shared/model.ts'
import { alba, iris, maya, message } from './people.ts'
import type { Stage } from './stage.ts'

const HIKING = GroupId.parse('00000619-0000-4000-8000-000000000001')
export const hiking = groupConversation(HIKING)

export function groupRow(more: Partial<GroupConversation> = {}, role: GroupRole = 'owner'): GroupConversation {
  return {
    id: hiking,
    kind: 'group',
    person: null,
    group: {
      id: HIKING,
      title: 'Hiking club',
      avatar: null,
      members: 3,
      standing: 'member',
      role,
      encryption: 'required',
      encryptionUnseen: false,
      epoch: 1,
      marked: false,
      maySend: true,
      mayRecall: role !== 'member',
      requests: 0,
    },
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

/** Something that happened, by one of them. */
export function happened(who: Person, position: number, at: number, event: Partial<GroupEvent>): Message {
  const content: Message['content'] = {
    kind: 'group-event',
    event: 'details',
    actor: who.account,
    actorName: who.name,
    accounts: [],
    value: null,
    epoch: null,
    until: null,
    ...event,
  }
  return { ...message(who, who, position, at, content), conversation: hiking, delivery: null }
}

export function saidInGroup(who: Person, position: number, at: number, text: string): Message {
  const said = message(who, who, position, at, text)
  return {
    ...said,
    conversation: hiking,
    authorName: who.name,
    delivery: who.account === alba.account ? { state: 'sent', at: Instant.parse(at + 1000) } : null,
  }
}

function member(person: Person, role: GroupRole): GroupMember {
  return { person, you: person.account === alba.account, role, joinedAt: Instant.parse(0), muted: null }
}

type GroupCalls = 'createGroup' | 'getGroup' | 'updateGroupDetails' | 'getGroupAvatar'

export function groupHandlers(stage: Stage): Pick<Handlers, GroupCalls> {
  let description = 'Every second Sunday'
  let picture: string | null = null

  function row(): GroupConversation | undefined {
    return stage.snapshot.conversations.find((one): one is GroupConversation => one.id === hiking)
  }

  function everything({ group }: GroupConversation): Group {
    const role = group.role ?? 'member'
    return {
      conversation: hiking,
      summary: group,
      description,
      createdAt: Instant.parse(0),
      members: [member(alba, role), member(maya, 'admin'), member(iris, 'member')],
      invited: [],
      requests: [],
      bans: [],
      permissions: DEFAULT_PERMISSIONS,
      policies: { history: { kind: 'days', days: 30 }, rotationTime: 7 * 86_400_000, rotationMessages: 100 },
      link: false,
      epochOpenedAt: Instant.parse(0),
      may: role === 'member' ? ['send'] : ['send', 'invite', 'remove', 'recall', 'details'],
      halted: null,
    }
  }

  /** Another picture has another name. */
  function show(title: string | undefined, next: string | null | undefined): void {
    const before = row() ?? groupRow()
    if (next !== undefined) picture = next
    const avatar = picture === null ? null : (picture.length % 997).toString(16).padStart(64, '0')
    const group = { ...before.group, title: title ?? before.group.title, avatar }
    stage.commit({ kind: 'conversation', conversation: { ...before, group } })
  }

  return {
    createGroup: async (input) => {
      show(input.title, input.picture ?? null)
      description = input.description ?? ''
      const made = row()
      return made ? answer(made) : refuse('no-such-group')
    },
    getGroup: async () => {
      const known = row()
      return known ? answer(everything(known)) : refuse('no-such-group')
    },
    updateGroupDetails: async (input) => {
      show(input.title, input.picture)
      description = input.description ?? description
      return answer(null)
    },
    getGroupAvatar: async () => {
      const id = row()?.group.avatar ?? null
      return answer(id === null || picture === null ? null : { id, mediaType: 'image/webp', picture })
    },
  }
}
