// Changing and taking back what was said in a group: one's own words by oneself, others' by who may, in the log [G12][K15].

import { mayTakeBack } from '../../../protocol/groups/permissions.ts'
import { type Answer, answer, refuse } from '../../../shared/answer.ts'
import type { Failure } from '../../../shared/failure.ts'
import { type GroupId, groupOf, MessageId } from '../../../shared/ids.ts'
import type { Message } from '../../../shared/model.ts'
import type { Live } from '../../live.ts'
import { CHANGEABLE_FOR, takeEdit, takeRecall, type Word } from '../../messages/change.ts'
import { addToGroupOutbox } from '../../storage/group-outbox.ts'
import { findGroup } from '../../storage/groups.ts'
import { findMessage, type MessageRow } from '../../storage/messages.ts'
import { Touched } from '../../touched.ts'
import { editBody, recallBody } from '../content.ts'
import { whyNotSay } from '../may-say.ts'
import { withdraw } from '../seal.ts'
import { isAtWork } from '../states.ts'

export function editInGroup(live: Live, row: MessageRow, text: string): Answer<Message> {
  const { sql, clock } = live.ports
  const group = groupOf(row.conversation)
  if (group === undefined || row.own === 0 || row.kind !== 'text') return refuse('no-such-message')
  if (clock.now() - row.sent_at > CHANGEABLE_FOR) return refuse('too-late')
  if (row.text === text) return refuse('already-so')
  const failure = whyNotChange(live, group, [row])
  if (failure !== undefined) return { ok: false, failure }
  const touched = new Touched()
  sql.transaction(() => {
    const word = nextWord(live, row)
    takeEdit(sql, touched, word, row.id, text)
    putOut(live, group, word, row, editBody(row.id, text))
  })
  live.tell(touched)
  live.groups.kick(group)
  const changed = findMessage(sql, row.id)
  if (changed === undefined) throw new Error('a message that was just changed is gone')
  return answer(live.showMessage(changed))
}

/** All of one group. Own ones by oneself; with others among them, all by an entry of the log, for those who may. */
export async function recallInGroup(live: Live, rows: readonly MessageRow[]): Promise<Answer<null>> {
  const { clock } = live.ports
  const group = rows[0] && groupOf(rows[0].conversation)
  if (group === undefined || rows.some(({ conversation, kind }) => groupOf(conversation) !== group || kind !== 'text'))
    return refuse('no-such-message')
  if (rows.some(({ own }) => own === 0)) return recallOthers(live, group, rows)
  if (rows.some(({ sent_at }) => clock.now() - sent_at > CHANGEABLE_FOR)) return refuse('too-late')
  const failure = whyNotChange(live, group, rows)
  if (failure !== undefined) return { ok: false, failure }
  return live.work.run(async () => recallOwn(live, group, rows))
}

/** What would not be taken from one now is not changed for oneself alone. */
function whyNotChange(live: Live, group: GroupId, rows: readonly MessageRow[]): Failure | undefined {
  const { sql, clock } = live.ports
  const { account } = live.own
  const where = findGroup(sql, group)
  const state = live.groups.states.get(group)
  if (where === undefined || !isAtWork(where, state, account)) return { code: 'no-such-group' }
  if (where.halted !== null) return { code: 'group-halted' }
  const now = clock.now()
  return rows.map(({ readable }) => whyNotSay(where, state, account, readable === 1, now)).find((failure) => failure)
}

/** [P118] The log takes what nobody would heed: it is not asked for. */
async function recallOthers(live: Live, group: GroupId, rows: readonly MessageRow[]): Promise<Answer<null>> {
  const state = live.groups.states.get(group)
  if (state === undefined) return refuse('no-such-group')
  if (!rows.every(({ author }) => mayTakeBack(state, live.own.account, author)))
    return refuse('not-permitted', 'by role, or the role of who said it')
  return live.groups.appending.change(group, () => ({ kind: 'recall', messages: rows.map(({ id }) => id) }))
}

/** Queued: what is withdrawn gives its number back to what is sealed next. */
function recallOwn(live: Live, group: GroupId, rows: readonly MessageRow[]): Answer<null> {
  const { sql } = live.ports
  const touched = new Touched()
  live.groups.settle()
  sql.transaction(() => {
    for (const row of rows) {
      const word = nextWord(live, row)
      // What has not left does not leave; what may have is taken back.
      withdraw(sql, group, row.id)
      takeRecall(sql, touched, word, row.id)
      putOut(live, group, word, row, recallBody(row.id))
    }
  })
  live.tell(touched)
  live.groups.kick(group)
  return answer(null)
}

function nextWord(live: Live, row: MessageRow): Word {
  const { clock, random } = live.ports
  const id = MessageId.parse(random.uuid())
  return { account: live.own.account, conversation: row.conversation, id, at: clock.now() }
}

/** As open or as sealed as what it is about. */
function putOut(live: Live, group: GroupId, { id, at }: Word, row: MessageRow, body: Uint8Array): void {
  addToGroupOutbox(live.ports.sql, { group_id: group, message: id, body, readable: row.readable, at })
}
