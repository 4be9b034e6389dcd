// Message requests: theirs to make, ours to accept, refuse or block [P61].

import { Receipt_Kind } from '../../protocol/generated/content_pb.ts'
import { type Answer, answer, refuse } from '../../shared/answer.ts'
import type { ParsedInput } from '../../shared/api.ts'
import { personConversation } from '../../shared/ids.ts'
import { announce } from '../devices/tell.ts'
import type { Live } from '../live.ts'
import { promise, promiseReceipts, requestAcceptedBody } from '../messages/send.ts'
import {
  findConversation,
  type PersonConversationRow,
  removeConversation,
  setConversationState,
  setReadPosition,
} from '../storage/conversations.ts'
import { releaseHeld, textsOfOthers, unreadUpTo } from '../storage/messages.ts'
import { findPersonRow, setBlocked } from '../storage/people.ts'
import { Touched } from '../touched.ts'

export async function acceptRequest(
  live: Live,
  { conversation: id }: ParsedInput<'acceptRequest'>,
): Promise<Answer<null>> {
  return live.work.run(async () => {
    const { sql } = live.ports
    const conversation = findConversation(sql, id)
    if (conversation === undefined || conversation.kind === 'group') return refuse('no-such-conversation')
    if (conversation.state !== 'incoming-request') return refuse('already-so')
    const touched = new Touched()
    sql.transaction(() => acceptInTransaction(live, touched, conversation))
    live.tell(touched)
    live.outbox.kick(conversation.account)
    live.kickOwn()
    return answer(null)
  })
}

/** Shows what was held back, and tells them: accepted, all of it delivered, and read what was read. */
export function acceptInTransaction(live: Live, touched: Touched, conversation: PersonConversationRow): void {
  const { sql } = live.ports
  const needs = { ...live.ports, own: live.own }
  setConversationState(sql, conversation.id, 'open')
  for (const row of releaseHeld(sql, conversation.id)) touched.message(row)
  setReadPosition(sql, conversation.id, conversation.read_position)
  touched.conversation(conversation.id)
  announce(needs, `conversation/${conversation.id}`, 'open')
  promise(needs, { recipient: conversation.account, body: requestAcceptedBody() })
  promiseReceipts(needs, conversation.account, Receipt_Kind.DELIVERED, textsOfOthers(sql, conversation.id))
  // [P63] What was read while it was a request was told to nobody then.
  const read = unreadUpTo(sql, conversation.id, 0, conversation.read_position).map((row) => row.id)
  if (live.settings.readReceipts) promiseReceipts(needs, conversation.account, Receipt_Kind.READ, read)
}

export async function refuseRequest(
  live: Live,
  { conversation: id }: ParsedInput<'refuseRequest'>,
): Promise<Answer<null>> {
  const { sql } = live.ports
  const conversation = findConversation(sql, id)
  if (conversation === undefined || conversation.kind === 'group') return refuse('no-such-conversation')
  if (conversation.state !== 'incoming-request') return refuse('already-so')
  sql.transaction(() => {
    removeConversation(sql, id)
    announce({ ...live.ports, own: live.own }, `conversation/${id}`, 'gone')
  })
  live.kickOwn()
  const touched = new Touched()
  touched.conversation(id)
  live.tell(touched)
  return answer(null)
}

export async function blockPerson(live: Live, { account }: ParsedInput<'blockPerson'>): Promise<Answer<null>> {
  return setBlock(live, account, true)
}

export async function unblockPerson(live: Live, { account }: ParsedInput<'unblockPerson'>): Promise<Answer<null>> {
  return setBlock(live, account, false)
}

function setBlock(live: Live, account: ParsedInput<'blockPerson'>['account'], blocked: boolean): Answer<null> {
  const { sql } = live.ports
  const person = findPersonRow(sql, account)
  if (person === undefined || account === live.own.account) return refuse('no-such-person')
  if ((person.blocked === 1) === blocked) return refuse('already-so')
  sql.transaction(() => {
    setBlocked(sql, account, blocked)
    announce({ ...live.ports, own: live.own }, `blocked/${account}`, blocked)
  })
  live.kickOwn()
  live.typing.heard(account, false)
  const touched = new Touched()
  if (findConversation(sql, personConversation(account)) !== undefined)
    touched.conversation(personConversation(account))
  live.tell(touched)
  return answer(null)
}
