// Inviting people, and answering an invitation [G3].

import { type Answer, answer, refuse } from '../../../shared/answer.ts'
import type { CallOutput, ParsedInput } from '../../../shared/api.ts'
import { groupConversation } from '../../../shared/ids.ts'
import type { Live } from '../../live.ts'
import { removeConversation } from '../../storage/conversations.ts'
import { removeGroup } from '../../storage/groups.ts'
import { Touched } from '../../touched.ts'
import { anyKnownKey, sealProfile } from '../names.ts'
import { changeGroup, findInGroup } from './in-group.ts'

export async function inviteToGroup(
  live: Live,
  input: ParsedInput<'inviteToGroup'>,
): Promise<Answer<CallOutput<'inviteToGroup'>>> {
  const found = findInGroup(live, input.conversation)
  return found.ok ? live.groups.inviting.invite(found.value.group, input.people, input.history) : found
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
