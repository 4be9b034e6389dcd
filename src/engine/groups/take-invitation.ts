// Being invited: what the log says of it, too, and of strangers no more than a few at a time [G3][P114].

import { fromBinary } from '@bufbuild/protobuf'
import { GroupInvitationSchema } from '../../protocol/generated/group_pb.ts'
import { type AccountId, type GroupId, groupConversation, type Instant, personConversation } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import { beginConversation } from '../devices/of-conversations.ts'
import { findConversation } from '../storage/conversations.ts'
import { dropGroupArrival, type GroupArrivalRow } from '../storage/group-arrivals.ts'
import { addGroup, allGroups, findGroup, removeGroup } from '../storage/groups.ts'
import { Touched } from '../touched.ts'
import { learnDetails } from './details.ts'
import { rememberDetailsKey } from './details-keys.ts'
import type { Following } from './follow.ts'
import { learnNames } from './names.ts'
import type { GroupNeeds } from './needs.ts'
import { type GroupStates, standingIn } from './states.ts'

/** By somebody one has not accepted, standing open: who gets an answer to one may come with the next. */
const MOST_OF_A_STRANGER = 3

/** The word of who invites is not enough. dropped: it is none, or one too many; what it would have brought is not here. */
export async function takeInvitation(
  needs: GroupNeeds,
  states: GroupStates,
  following: Following,
  arrival: GroupArrivalRow,
): Promise<{ is: 'done'; stored: Uint8Array[] } | { is: 'later' } | 'dropped'> {
  const { sql, clock, own } = needs
  const detailsKeys = readKeys(arrival.body)
  const group = arrival.group_id
  if (detailsKeys === undefined || isTooMany(needs, states, arrival)) return 'dropped'
  const isNew = findGroup(sql, group) === undefined
  sql.transaction(() => addGroup(sql, group, 'invited', null))
  const followed = await following.catchUp(group)
  if (!followed.ok && followed.failure.code !== 'no-such-group') return { is: 'later' }
  const state = states.get(group)
  const standing = state && standingIn(state, own.account)
  // Nobody brings what others have invited to: each has their own few.
  const isTheirs = arrival.account === own.account || arrival.account === state?.invited.get(own.account)?.by
  const isInvited = standing === 'invited' && isTheirs
  if (isNew && !isInvited && standing !== 'member') {
    sql.transaction(() => removeGroup(sql, group))
    states.forget(group)
    return 'dropped'
  }
  const stored: Uint8Array[] = []
  const touched = new Touched()
  sql.transaction(() => {
    for (const key of detailsKeys) stored.push(...rememberDetailsKey(needs, group, state, key, () => false))
    if (state !== undefined) {
      learnDetails(needs, state)
      learnNames(sql, touched, state)
    }
    if (isInvited) show(sql, group, clock.now())
    touched.conversation(groupConversation(group))
    dropGroupArrival(sql, arrival.id)
  })
  needs.tell(touched)
  return { is: 'done', stored }
}

function readKeys(body: Uint8Array): Uint8Array[] | undefined {
  try {
    return fromBinary(GroupInvitationSchema, body).detailsKeys
  } catch {
    return undefined
  }
}

/** It is not said that it came: told again later, it is looked at again. */
function isTooMany({ sql, own }: GroupNeeds, states: GroupStates, { account, group_id: group }: GroupArrivalRow) {
  if (account === own.account || isKnown(sql, account)) return false
  if (findConversation(sql, groupConversation(group)) !== undefined) return false
  const open = allGroups(sql).filter(
    ({ group_id, standing }) =>
      standing === 'invited' && states.get(group_id)?.invited.get(own.account)?.by === account,
  )
  return open.length >= MOST_OF_A_STRANGER
}

/** Somebody one writes with, of one's own will. */
function isKnown(sql: Sql, account: AccountId): boolean {
  const conversation = findConversation(sql, personConversation(account))
  return conversation !== undefined && conversation.state !== 'incoming-request'
}

function show(sql: Sql, group: GroupId, now: Instant): void {
  const id = groupConversation(group)
  if (findConversation(sql, id) !== undefined) return
  beginConversation(sql, { id, kind: 'group', account: null, state: 'incoming-request', last_at: now })
}
