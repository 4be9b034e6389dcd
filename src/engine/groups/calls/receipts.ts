// Who of a group has read what one said there, and when, as far as they tell [P147].

import { MAX_MEMBERS_TOLD_OF_READING } from '../../../protocol/limits.ts'
import { type Answer, answer, refuse } from '../../../shared/answer.ts'
import type { CallOutput, ParsedInput } from '../../../shared/api.ts'
import { type AccountId, groupOf } from '../../../shared/ids.ts'
import { showPerson } from '../../conversations/show.ts'
import type { Live } from '../../live.ts'
import { groupReadsOf } from '../../storage/group-reads.ts'
import { findMessage } from '../../storage/messages.ts'
import { findPersonRow } from '../../storage/people.ts'
import { recipientsOf } from '../take-reads.ts'

export async function getReceipts(
  live: Live,
  { message }: ParsedInput<'getReceipts'>,
): Promise<Answer<CallOutput<'getReceipts'>>> {
  const { sql } = live.ports
  const row = findMessage(sql, message)
  const group = row && groupOf(row.conversation)
  const state = group && live.groups.states.get(group)
  if (row === undefined || state === undefined || row.own === 0 || row.kind !== 'text') return refuse('no-such-message')
  const isKnown = (account: AccountId) => findPersonRow(sql, account) !== undefined
  const reads = groupReadsOf(sql, message).filter(({ account }) => isKnown(account))
  const readers = new Set(reads.map(({ account }) => account))
  return answer({
    told: !live.settings.readReceipts ? 'off' : state.members.size > MAX_MEMBERS_TOLD_OF_READING ? 'too-many' : 'told',
    read: reads.map(({ account, at }) => ({ person: showPerson(sql, account), at })),
    others: recipientsOf(state, live.own.account, row)
      .filter((account) => !readers.has(account) && isKnown(account))
      .map((account) => showPerson(sql, account)),
  })
}
