// Chats that were exported once, taken in again. A file says what it likes: nothing of it is sent, pinned or verified.

import { type Answer, answer, refuse } from '../../shared/answer.ts'
import { type AccountId, Instant, type MessageId, personConversation, type Username } from '../../shared/ids.ts'
import { beginConversation } from '../devices/of-conversations.ts'
import type { Live } from '../live.ts'
import { checkUsername } from '../people/check-username.ts'
import { rememberOneself } from '../people/find.ts'
import { findConversation, setArchived } from '../storage/conversations.ts'
import { addMessage, findMessage, isPlaceTaken } from '../storage/messages.ts'
import { findPersonRow, rememberPerson } from '../storage/people.ts'
import { Touched } from '../touched.ts'

/** A chat as a file has it, parsed. */
export interface ImportedChat {
  /** Null: the notes. */
  person: { account: AccountId; username: Username } | null
  messages: readonly ImportedMessage[]
}

export interface ImportedMessage {
  id: MessageId
  own: boolean
  sentAt: Instant
  /** Null: taken back. */
  text: string | null
  editedAt: Instant | null
}

/**
 * [E20] In one transaction. What is here already, wherever it stands, stays as it is. A conversation that is made for it is
 * put away, as one that was opened here and in which nothing was said yet.
 */
export async function importChat(
  live: Live,
  { person, messages }: ImportedChat,
): Promise<Answer<{ added: number; known: number }>> {
  const { sql, clock } = live.ports
  const own = live.own.account
  if (person?.account === own) return refuse('bad-input', 'a conversation with oneself is the notes')
  const account = person?.account ?? own
  const conversation = personConversation(account)
  const now = clock.now()
  const touched = new Touched()
  return live.work.run(async () => {
    if (person === null) rememberOneself(live)
    let isNew = false
    const added = sql.transaction(() => {
      const missing = messages
        .filter(({ id }) => findMessage(sql, id) === undefined)
        .map((message) => ({ ...message, sentAt: Instant.parse(Math.min(message.sentAt, now)) }))
        .sort((a, b) => a.sentAt - b.sentAt)
      const last = missing.at(-1)
      if (last === undefined) return 0
      if (person !== null && findPersonRow(sql, account) === undefined) {
        rememberPerson(sql, account, person.username)
        isNew = true
      }
      if (findConversation(sql, conversation) === undefined) {
        const kind = person === null ? 'notes' : 'person'
        const state = person === null ? 'open' : 'outgoing-request'
        beginConversation(sql, { id: conversation, kind, account, state, last_at: last.sentAt })
        setArchived(sql, conversation, true)
      }
      let before = Number.MIN_SAFE_INTEGER
      const ids = new Set<MessageId>()
      for (const { id, own: isOwn, sentAt, text, editedAt } of missing) {
        if (ids.has(id)) continue
        ids.add(id)
        let position = Math.max(placeAt(sentAt), before + 1)
        while (isPlaceTaken(sql, conversation, position)) position += 1
        before = position
        addMessage(sql, {
          conversation,
          position,
          sequence: 0,
          id,
          author: isOwn ? own : account,
          own: isOwn ? 1 : 0,
          sent_at: sentAt,
          kind: text === null ? 'deleted' : 'text',
          text,
          edited_at: editedAt,
          delivery: isOwn && text !== null ? 'sent' : null,
          delivery_at: isOwn && text !== null ? sentAt : null,
          imported: 1,
        })
      }
      touched.conversation(conversation)
      return ids.size
    })
    live.crash('history.imported')
    live.tell(touched)
    if (isNew) checkUsername({ ...live.ports, connection: live.connection, tell: live.tell }, account)
    return answer({ added, known: messages.length - added })
  })
}

/** Seconds that there are in all time, as dates count it. */
const END_OF_TIME = 8_640_000_000_000

/**
 * Below 1, where nothing that was said here stands: so what is imported is before all of it, in the order of time, whichever
 * file comes first. A second is a place, so that what was said within minutes shares a stretch of history.
 */
function placeAt(at: Instant): number {
  return Math.floor(at / 1000) - END_OF_TIME
}
