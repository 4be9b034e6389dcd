// Changing and taking back what one has said, for everyone, as long as that is possible [P98][P99].

import { create } from '@bufbuild/protobuf'
import { EditSchema, RecallSchema } from '../../protocol/generated/content_pb.ts'
import { type Answer, answer, refuse } from '../../shared/answer.ts'
import type { CallOutput, ParsedInput } from '../../shared/api.ts'
import { groupOf, MessageId, uuidToBytes } from '../../shared/ids.ts'
import { MAX_TEXT_BYTES } from '../../shared/limits.ts'
import type { Message } from '../../shared/model.ts'
import { promiseToOwn } from '../devices/tell.ts'
import { editInGroup, recallInGroup } from '../groups/calls/change-said.ts'
import type { Live } from '../live.ts'
import { findConversation, type PersonConversationRow } from '../storage/conversations.ts'
import { versionsOf } from '../storage/edits.ts'
import { findMessage, type MessageRow } from '../storage/messages.ts'
import { dropFromOutbox } from '../storage/outbox.ts'
import { isBlocked } from '../storage/people.ts'
import { Touched } from '../touched.ts'
import { CHANGEABLE_FOR, takeEdit, takeRecall, type Word } from './change.ts'
import { type ContentBody, utf8Length } from './content.ts'
import { promise } from './send.ts'

export async function editMessage(live: Live, { message, text }: ParsedInput<'editMessage'>): Promise<Answer<Message>> {
  if (utf8Length(text) > MAX_TEXT_BYTES) return refuse('too-long', `at most ${MAX_TEXT_BYTES} bytes`)
  return live.work.run(async () => {
    const { sql } = live.ports
    const said = findMessage(sql, message)
    if (said !== undefined && groupOf(said.conversation) !== undefined) return editInGroup(live, said, text)
    const changeable = findChangeable(live, message)
    if (!changeable.ok) return changeable
    const { row, conversation } = changeable.value
    if (row.text === text) return refuse('already-so')
    const touched = new Touched()
    sql.transaction(() => {
      const word = nextWord(live, conversation)
      takeEdit(sql, touched, word, message, text)
      const value = create(EditSchema, { message: uuidToBytes(message), text })
      sayToAll(live, conversation, word.id, { case: 'edit', value })
    })
    const changed = findMessage(sql, message)
    if (changed === undefined) throw new Error('a message that was just changed is gone')
    live.tell(touched)
    live.outbox.kick(conversation.account)
    return answer(live.showMessage(changed))
  })
}

/** All of them, or none; of one group, or of conversations with people. */
export async function recallMessages(live: Live, { messages }: ParsedInput<'recallMessages'>): Promise<Answer<null>> {
  const rows = messages.map((message) => findMessage(live.ports.sql, message))
  const said = rows.filter((row) => row !== undefined)
  if (said.some(({ conversation }) => groupOf(conversation) !== undefined))
    return said.length === rows.length ? recallInGroup(live, said) : refuse('no-such-message')
  return live.work.run(async () => {
    const { sql } = live.ports
    const wanted = new Map<
      PersonConversationRow['id'],
      { conversation: PersonConversationRow; messages: MessageId[] }
    >()
    for (const message of new Set(messages)) {
      const changeable = findChangeable(live, message)
      if (!changeable.ok) return changeable
      const { conversation } = changeable.value
      const entry = wanted.get(conversation.id) ?? { conversation, messages: [] }
      entry.messages.push(message)
      wanted.set(conversation.id, entry)
    }
    const touched = new Touched()
    sql.transaction(() => {
      for (const { conversation, messages: gone } of wanted.values()) {
        const word = nextWord(live, conversation)
        for (const message of gone) {
          // What has not left does not leave; what may have is taken back.
          dropFromOutbox(sql, conversation.account, message)
          takeRecall(sql, touched, word, message)
        }
        const value = create(RecallSchema, { messages: gone.map(uuidToBytes) })
        sayToAll(live, conversation, word.id, { case: 'recall', value })
      }
    })
    live.tell(touched)
    for (const { conversation } of wanted.values()) live.outbox.kick(conversation.account)
    return answer(null)
  })
}

export async function listEdits(
  live: Live,
  { message }: ParsedInput<'listEdits'>,
): Promise<Answer<CallOutput<'listEdits'>>> {
  const { sql } = live.ports
  if (findMessage(sql, message) === undefined) return refuse('no-such-message')
  return answer({ versions: versionsOf(sql, message) })
}

function findChangeable(
  live: Live,
  message: MessageId,
): Answer<{ row: MessageRow; conversation: PersonConversationRow }> {
  const { sql, clock } = live.ports
  const row = findMessage(sql, message)
  if (row === undefined || row.own === 0 || row.kind !== 'text') return refuse('no-such-message')
  const conversation = findConversation(sql, row.conversation)
  if (conversation === undefined) return refuse('no-such-conversation')
  if (conversation.kind === 'group') return refuse('no-such-message')
  if (isBlocked(sql, conversation.account)) return refuse('blocked')
  // [E20] Whoever else has it may have it from somebody else.
  if (row.imported === 1 || clock.now() - row.sent_at > CHANGEABLE_FOR) return refuse('too-late')
  return answer({ row, conversation })
}

function nextWord(live: Live, conversation: PersonConversationRow): Word {
  const { clock, random } = live.ports
  const id = MessageId.parse(random.uuid())
  return { account: live.own.account, conversation: conversation.id, id, at: clock.now() }
}

/** To whom it was said; their copy goes to the own devices once the relay has it [P91]. Notes go there at once. */
function sayToAll(live: Live, conversation: PersonConversationRow, id: MessageId, body: ContentBody): void {
  const needs = { ...live.ports, own: live.own }
  if (conversation.kind !== 'notes') promise(needs, { recipient: conversation.account, id, body })
  else if (live.own.others.length > 0) promiseToOwn(needs, body, { message: id })
}
