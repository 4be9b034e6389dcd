// A group as a window shows it, from what its log says and what is stored.

import { PERMISSIONS } from '../../protocol/groups/change.ts'
import { mayDo, mutedAt } from '../../protocol/groups/permissions.ts'
import { rotationReasons } from '../../protocol/groups/rotation.ts'
import { type GroupState, newestEpoch } from '../../protocol/groups/state.ts'
import { type AccountId, type GroupId, groupConversation, groupOf, type Instant } from '../../shared/ids.ts'
import type { Group, GroupConversation, GroupMember, GroupSummary } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'
import { showLast, showOrder, showPerson } from '../conversations/show.ts'
import { firstUnread, type GroupConversationRow } from '../storage/conversations.ts'
import { findGroup, type GroupRow } from '../storage/groups.ts'
import { countToInvite } from '../storage/people-to-invite.ts'
import { mayNotRecallOf, mayWith, mayWithAll } from './may.ts'
import { noteOf } from './names.ts'
import { type GroupStates, isReadableUnseen } from './states.ts'

export interface ShowNeeds {
  sql: Sql
  states: GroupStates
  own: AccountId
  now: Instant
}

export function showGroupConversation(needs: ShowNeeds, row: GroupConversationRow): GroupConversation {
  const { sql } = needs
  const group = groupOf(row.id)
  if (group === undefined) throw new Error('a conversation of a group that names none')
  return {
    id: row.id,
    kind: 'group',
    person: null,
    group: showSummary(needs, group),
    state: row.state,
    unread: row.unread,
    firstUnread: row.unread === 0 ? null : (firstUnread(sql, row.id) ?? null),
    draft: row.draft,
    last: showLast(sql, row.id),
    lastAt: row.last_at,
    typing: false,
    ...showOrder(row),
  }
}

export function showSummary(needs: ShowNeeds, group: GroupId): GroupSummary {
  const row = findGroup(needs.sql, group)
  const state = needs.states.get(group)
  if (row === undefined || state === undefined) return unknownGroup(group, row)
  const me = state.members.get(needs.own)
  const isAtWork = row.halted === null && row.standing === 'member'
  const mayRecall = isAtWork && mayDo(state, needs.own, 'recall', needs.now)
  return {
    id: group,
    title: row.title,
    avatar: row.avatar,
    members: state.members.size,
    standing: row.standing,
    role: me?.role ?? null,
    encryption: state.encryption.mode,
    encryptionUnseen: isReadableUnseen(row, state),
    epoch: newestEpoch(state).number,
    marked: rotationReasons(state, needs.now, 0).length > 0,
    maySend: isAtWork && mayDo(state, needs.own, 'send', needs.now),
    mayRecall,
    mayNotRecallOf: mayRecall ? mayNotRecallOf(state, needs.own) : [],
    requests: mayDo(state, needs.own, 'approve', needs.now) ? state.requests.size : 0,
  }
}

/** Nothing of its log is here yet. */
function unknownGroup(group: GroupId, row: GroupRow | undefined): GroupSummary {
  return {
    id: group,
    title: row?.title ?? '',
    avatar: row?.avatar ?? null,
    members: 0,
    standing: row?.standing ?? 'removed',
    role: null,
    encryption: 'required',
    encryptionUnseen: false,
    epoch: 1,
    marked: false,
    maySend: false,
    mayRecall: false,
    mayNotRecallOf: [],
    requests: 0,
  }
}

export function showGroup(needs: ShowNeeds, group: GroupId): Group | undefined {
  const { sql, own, now } = needs
  const row = findGroup(sql, group)
  const state = needs.states.get(group)
  if (row === undefined || state === undefined) return undefined
  const mayApprove = mayDo(state, own, 'approve', now)
  return {
    conversation: groupConversation(group),
    summary: showSummary(needs, group),
    description: row.description,
    createdAt: state.created.at,
    members: [...state.members.keys()].map((account) => showMember(sql, state, account, own, now)),
    invited: [...state.invited]
      .filter(([, { expiresAt }]) => expiresAt > now)
      .map(([account, { role, expiresAt }]) => ({ person: showPerson(sql, account), role, expiresAt })),
    toInvite: countToInvite(sql, group),
    requests: mayApprove
      ? [...state.requests].map(([account, { place }]) => ({
          person: showPerson(sql, account),
          note: noteOf(sql, state, account)?.note ?? '',
          at: place.at,
        }))
      : [],
    bans: [...state.bans]
      .filter(([, { until }]) => until === undefined || until > now)
      .map(([account, { until }]) => ({ person: showPerson(sql, account), until: until ?? null })),
    permissions: { ...state.permissions },
    policies: { ...state.policies },
    link: state.link !== undefined,
    epochOpenedAt: newestEpoch(state).opened.at,
    may: PERMISSIONS.filter((permission) => mayDo(state, own, permission, now)),
    mayAll: mayWithAll(state, own),
    halted: row.halted,
  }
}

function showMember(sql: Sql, state: GroupState, account: AccountId, own: AccountId, now: Instant): GroupMember {
  const member = state.members.get(account)
  if (member === undefined) throw new Error('a member who is none')
  const muted = mutedAt(state, account, now)
  return {
    person: showPerson(sql, account),
    you: account === own,
    role: member.role,
    joinedAt: member.joined.at,
    muted: muted === undefined ? null : { until: muted.until ?? null },
    ...mayWith(state, own, account),
  }
}
