// Who is in a group, what they may, and what holds there: one change of the log each [G12].

import { type Answer, answer, refuse } from '../../../shared/answer.ts'
import type { CallOutput, ParsedInput } from '../../../shared/api.ts'
import { groupConversation } from '../../../shared/ids.ts'
import type { Live } from '../../live.ts'
import { retryChangesInGroupOutbox } from '../../storage/group-outbox.ts'
import { setReadableSeen } from '../../storage/groups.ts'
import { Touched } from '../../touched.ts'
import { showGroup } from '../show.ts'
import { changeGroup, findInGroup } from './in-group.ts'

export async function getGroup(live: Live, input: ParsedInput<'getGroup'>): Promise<Answer<CallOutput<'getGroup'>>> {
  const found = findInGroup(live, input.conversation)
  const shown = found.ok ? showGroup(live.showing(), found.value.group) : undefined
  return shown === undefined ? refuse('no-such-group') : answer(shown)
}

export async function leaveGroup(live: Live, input: ParsedInput<'leaveGroup'>): Promise<Answer<null>> {
  return changeGroup(live, input, () => ({ kind: 'leave' }))
}

export async function removeMembers(live: Live, input: ParsedInput<'removeMembers'>): Promise<Answer<null>> {
  return changeGroup(live, input, () => ({ kind: 'remove', accounts: input.accounts }))
}

export async function banMembers(live: Live, input: ParsedInput<'banMembers'>): Promise<Answer<null>> {
  return changeGroup(live, input, () => ({ kind: 'ban', accounts: input.accounts, until: input.until }))
}

export async function unbanMembers(live: Live, input: ParsedInput<'unbanMembers'>): Promise<Answer<null>> {
  return changeGroup(live, input, () => ({ kind: 'unban', accounts: input.accounts }))
}

export async function muteMembers(live: Live, input: ParsedInput<'muteMembers'>): Promise<Answer<null>> {
  const whom = input.accounts.length === 0 ? 'everyone' : input.accounts
  return changeGroup(live, input, () => ({ kind: 'mute', whom, until: input.until }))
}

export async function unmuteMembers(live: Live, input: ParsedInput<'unmuteMembers'>): Promise<Answer<null>> {
  const whom = input.accounts.length === 0 ? 'everyone' : input.accounts
  return changeGroup(live, input, () => ({ kind: 'unmute', whom }))
}

export async function setGroupRole(live: Live, input: ParsedInput<'setGroupRole'>): Promise<Answer<null>> {
  return changeGroup(live, input, () => ({ kind: 'set-role', accounts: input.accounts, role: input.role }))
}

export async function transferOwnership(live: Live, input: ParsedInput<'transferOwnership'>): Promise<Answer<null>> {
  return changeGroup(live, input, () => ({ kind: 'transfer-ownership', account: input.account }))
}

export async function setGroupPermissions(
  live: Live,
  input: ParsedInput<'setGroupPermissions'>,
): Promise<Answer<null>> {
  return changeGroup(live, input, () => ({ kind: 'set-permissions', permissions: input.permissions }))
}

export async function setGroupPolicies(live: Live, input: ParsedInput<'setGroupPolicies'>): Promise<Answer<null>> {
  const given = Object.fromEntries(Object.entries(input.policies).filter(([, value]) => value !== undefined))
  return changeGroup(live, input, ({ policies }) => ({ kind: 'set-policies', policies: { ...policies, ...given } }))
}

/** [G7] Who switches it has seen it. */
export async function setGroupEncryption(live: Live, input: ParsedInput<'setGroupEncryption'>): Promise<Answer<null>> {
  const changed = await changeGroup(live, input, () => ({ kind: 'set-encryption', encryption: input.encryption }))
  return changed.ok ? acceptReadable(live, { conversation: input.conversation }) : changed
}

export async function acceptReadable(live: Live, input: ParsedInput<'acceptReadable'>): Promise<Answer<null>> {
  const found = findInGroup(live, input.conversation)
  if (!found.ok) return found
  const { group, state } = found.value
  const { sql } = live.ports
  sql.transaction(() => {
    setReadableSeen(sql, group, state.encryption.since.index)
    retryChangesInGroupOutbox(sql, group)
  })
  const touched = new Touched()
  touched.conversation(groupConversation(group))
  live.tell(touched)
  live.groups.kick(group)
  return answer(null)
}

/** [G6] */
export async function rotateKeys(live: Live, input: ParsedInput<'rotateKeys'>): Promise<Answer<null>> {
  return changeGroup(live, input, () => ({ kind: 'request-rotation' }))
}

export async function deleteGroup(live: Live, input: ParsedInput<'deleteGroup'>): Promise<Answer<null>> {
  return changeGroup(live, input, () => ({ kind: 'delete-group' }))
}
