// Conversations on the desk: opened, read, typed into, drafted.

import { create } from '@bufbuild/protobuf'
import { TypingSchema } from '../../protocol/generated/content_pb.ts'
import { type Answer, answer, refuse } from '../../shared/answer.ts'
import type { CallOutput, ParsedInput } from '../../shared/api.ts'
import { type AccountId, groupOf, MessageId, personConversation, uuidToBytes } from '../../shared/ids.ts'
import type { Conversation } from '../../shared/model.ts'
import { announcePerson } from '../devices/apply.ts'
import { beginConversation } from '../devices/of-conversations.ts'
import { announce } from '../devices/tell.ts'
import type { Live } from '../live.ts'
import { writeContent } from '../messages/content.ts'
import { findConversation, setDraft } from '../storage/conversations.ts'
import { findMessage, hasUndelivered, pageOfMessages } from '../storage/messages.ts'
import { findPersonRow, isBlocked } from '../storage/people.ts'
import { sealContent } from '../sync/seal.ts'
import { Touched } from '../touched.ts'
import { readUpTo } from './read.ts'

export async function openConversation(
  live: Live,
  { account }: ParsedInput<'openConversation'>,
): Promise<Answer<Conversation>> {
  const { sql, clock } = live.ports
  const id = personConversation(account)
  if (findPersonRow(sql, account) === undefined) return refuse('no-such-person')
  if (findConversation(sql, id) === undefined) {
    const notes = account === live.own.account
    const at = clock.now()
    const state = notes ? 'open' : 'outgoing-request'
    sql.transaction(() => {
      beginConversation(sql, { id, kind: notes ? 'notes' : 'person', account, state, last_at: at })
      announcePerson({ ...live.ports, own: live.own }, account)
      announce({ ...live.ports, own: live.own }, `conversation/${id}`, state)
    })
    live.kickOwn()
    const touched = new Touched()
    touched.conversation(id)
    live.tell(touched)
  }
  const row = findConversation(sql, id)
  if (row === undefined) throw new Error('a conversation that was just made is not there')
  return answer(live.showRow(row))
}

export async function listMessages(
  live: Live,
  input: ParsedInput<'listMessages'>,
): Promise<Answer<CallOutput<'listMessages'>>> {
  const { sql } = live.ports
  if (findConversation(sql, input.conversation) === undefined) return refuse('no-such-conversation')
  const before = input.before === undefined ? undefined : findMessage(sql, input.before)
  if (input.before !== undefined && before?.conversation !== input.conversation) return refuse('no-such-message')
  const group = groupOf(input.conversation)
  if (group !== undefined) live.groups.look(group)
  const rows = pageOfMessages(sql, input.conversation, before, input.limit + 1)
  const hasEarlier = rows.length > input.limit
  const shown = (hasEarlier ? rows.slice(1) : rows).map(live.showMessage)
  return answer({ messages: shown, hasEarlier })
}

export async function markRead(live: Live, { conversation: id, upTo }: ParsedInput<'markRead'>): Promise<Answer<null>> {
  return live.work.run(async () => {
    const { sql } = live.ports
    const conversation = findConversation(sql, id)
    if (conversation === undefined) return refuse('no-such-conversation')
    const last = findMessage(sql, upTo)
    if (last === undefined || last.conversation !== id || last.held === 1) return refuse('no-such-message')
    if (last.position <= conversation.read_position) return answer(null)
    const confirms = sql.transaction(() => readUpTo(live, conversation, last.position))
    const touched = new Touched()
    touched.conversation(id)
    live.tell(touched)
    if (confirms && conversation.kind !== 'group') live.outbox.kick(conversation.account)
    live.kickOwn()
    return answer(null)
  })
}

export async function saveDraft(
  live: Live,
  { conversation: id, text }: ParsedInput<'saveDraft'>,
): Promise<Answer<null>> {
  const { sql } = live.ports
  const conversation = findConversation(sql, id)
  if (conversation === undefined) return refuse('no-such-conversation')
  if (conversation.draft === text) return answer(null)
  sql.transaction(() => setDraft(sql, id, text))
  live.drafts.changed(id)
  const touched = new Touched()
  touched.conversation(id)
  live.tell(touched)
  return answer(null)
}

/** [P64] Goes out now or not at all; that it did not is nobody's trouble. */
export async function setTyping(
  live: Live,
  { conversation: id, typing }: ParsedInput<'setTyping'>,
): Promise<Answer<null>> {
  const { sql } = live.ports
  const conversation = findConversation(sql, id)
  if (conversation === undefined) return refuse('no-such-conversation')
  const wanted =
    live.settings.typingIndicators &&
    conversation.kind === 'person' &&
    conversation.state === 'open' &&
    live.connection.state().state === 'online' &&
    !isBlocked(sql, conversation.account) &&
    !hasUndelivered(sql, id)
  if (wanted && live.typing.mayTell(conversation.account, typing)) await tellTyping(live, conversation.account, typing)
  return answer(null)
}

async function tellTyping(live: Live, recipient: AccountId, active: boolean): Promise<void> {
  const { sql, clock, random } = live.ports
  const message = MessageId.parse(random.uuid())
  const body = { case: 'typing' as const, value: create(TypingSchema, { active }) }
  const content = writeContent({ sender: live.own, recipient, message, at: clock.now(), body })
  const envelopes = await live.work.run(async () => {
    const unit = live.signal.unit()
    const devices = live.peers.readyDevices(unit, recipient, undefined)
    if (devices === undefined) return []
    const sealed = await sealContent(sql, live.signal, unit, recipient, devices, content, live.own)
    sql.transaction(() => unit.flush())
    unit.settled()
    return sealed.envelopes
  })
  if (envelopes.length === 0) return
  await live.connection.askAny({
    case: 'submit',
    value: {
      submission: uuidToBytes(message),
      recipient: uuidToBytes(recipient),
      ephemeral: true,
      envelopes: envelopes.map(({ bytes, ...envelope }) => ({ ...envelope, content: new Uint8Array(bytes) })),
    },
  })
}
