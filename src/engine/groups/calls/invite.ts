// Inviting people, and answering an invitation [G3].

import { type Answer, refuse } from '../../../shared/answer.ts'
import type { CallOutput, ParsedInput } from '../../../shared/api.ts'
import type { Live } from '../../live.ts'
import { anyKnownKey, sealProfile } from '../names.ts'
import { forgetTurnedDown } from '../turn-down.ts'
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
  if (changed.ok && !input.accept) forgetTurnedDown(live.groupNeeds, live.groups.states, group)
  return changed
}
