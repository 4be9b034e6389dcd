// Inviting people, and answering an invitation [G3].

import type { HistoryGrant, InvitedPerson } from '../../../protocol/groups/change.ts'
import { newestEpoch } from '../../../protocol/groups/state.ts'
import { type Answer, answer, refuse } from '../../../shared/answer.ts'
import type { ParsedInput } from '../../../shared/api.ts'
import { type AccountId, type GroupId, groupConversation } from '../../../shared/ids.ts'
import type { Live } from '../../live.ts'
import { detailsKeyId } from '../../signal/details.ts'
import { removeConversation } from '../../storage/conversations.ts'
import { removeGroup } from '../../storage/groups.ts'
import { readIdentity } from '../../storage/identities.ts'
import { oweKey } from '../../storage/key-deliveries.ts'
import { findPersonRow, isBlocked } from '../../storage/people.ts'
import { Touched } from '../../touched.ts'
import { anyKnownKey, keyForSealing, keysInUse, sealProfile } from '../names.ts'
import { changeGroup, findInGroup } from './in-group.ts'

export async function inviteToGroup(live: Live, input: ParsedInput<'inviteToGroup'>): Promise<Answer<null>> {
  const found = findInGroup(live, input.conversation)
  return found.ok ? invitePeople(live, found.value.group, input.people, input.history) : found
}

export async function invitePeople(
  live: Live,
  group: GroupId,
  people: readonly AccountId[],
  history: HistoryGrant,
): Promise<Answer<null>> {
  const { sql, clock, random } = live.ports
  const keys = await identityKeysOf(live, people)
  if (!keys.ok) return keys
  const changed = await live.groups.appending.change(group, (state) => {
    const fresh = keys.value.filter(({ account }) => !state.members.has(account))
    if (fresh.length === 0) return undefined
    const { key } = keyForSealing(live.ports, group, newestEpoch(state).number, clock.now())
    const invited = fresh.map(({ account, identityKey }): InvitedPerson => {
      const known = findPersonRow(sql, account)
      const profile = known && sealProfile(random, key, group, { username: known.username, name: known.name })
      return { account, identityKey, role: 'member', history, profile }
    })
    return { kind: 'invite', people: invited, expiresAt: undefined }
  })
  if (!changed.ok) return changed
  const state = live.groups.states.get(group)
  if (state !== undefined) {
    sql.transaction(() => {
      for (const account of people) {
        if (!state.invited.has(account)) continue
        for (const key of keysInUse(sql, state))
          oweKey(sql, { group_id: group, account, key: detailsKeyId(key), due_at: clock.now() })
      }
    })
    live.groups.owing()
  }
  return answer(null)
}

/** [P111] Under which they have to accept: the one we have pinned, or pin now. */
async function identityKeysOf(
  live: Live,
  people: readonly AccountId[],
): Promise<Answer<{ account: AccountId; identityKey: Uint8Array }[]>> {
  const { sql } = live.ports
  const keys = []
  for (const account of new Set(people)) {
    if (findPersonRow(sql, account) === undefined || account === live.own.account) return refuse('no-such-person')
    if (isBlocked(sql, account)) return refuse('blocked')
    const ready = await live.peers.getReady(account, undefined)
    const pinned = readIdentity(sql, account)
    if (!ready.ok && (pinned === undefined || pinned.changedAt !== null)) return ready
    if (pinned === undefined) return refuse('no-such-person')
    keys.push({ account, identityKey: new Uint8Array(pinned.key) })
  }
  return answer(keys)
}

export async function withdrawInvitation(live: Live, input: ParsedInput<'withdrawInvitation'>): Promise<Answer<null>> {
  return changeGroup(live, input, () => ({ kind: 'withdraw-invitation', accounts: input.accounts }))
}

export async function answerInvitation(live: Live, input: ParsedInput<'answerInvitation'>): Promise<Answer<null>> {
  const { sql, random } = live.ports
  const found = findInGroup(live, input.conversation)
  if (!found.ok) return found
  const { group, state } = found.value
  if (!state.invited.has(live.own.account)) return refuse('no-such-group')
  const key = anyKnownKey(sql, group)
  const changed = await live.groups.appending.change(group, () =>
    input.accept
      ? {
          kind: 'accept-invitation',
          profile: key === undefined ? undefined : sealProfile(random, key, group, live.own),
        }
      : { kind: 'refuse-invitation' },
  )
  // Who was a member before is again who has gone: what they have read is theirs.
  if (!changed.ok || input.accept || state.former.has(live.own.account)) return changed
  const touched = new Touched()
  sql.transaction(() => {
    removeGroup(sql, group)
    removeConversation(sql, groupConversation(group))
  })
  live.groups.states.forget(group)
  touched.conversation(groupConversation(group))
  live.tell(touched)
  return answer(null)
}
