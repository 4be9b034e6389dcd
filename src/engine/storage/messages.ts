// Messages: one row each, clustered the way a conversation is read.

import type { Failure } from '../../shared/failure.ts'
import type { AccountId, ConversationId, Instant, MessageId } from '../../shared/ids.ts'
import { type Delivery, GroupEvent, type Message, type MessageContent } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'

export interface MessageRow {
  conversation: ConversationId
  position: number
  sequence: number
  id: MessageId
  author: AccountId
  own: number
  sent_at: Instant
  kind: MessageContent['kind']
  text: string | null
  gap_from: number | null
  gap_to: number | null
  gap_device: number | null
  gap_registration_id: number | null
  asked_at: Instant | null
  delivery: Delivery['state'] | null
  delivery_at: Instant | null
  failure: string | null
  /** When its text was changed last. */
  edited_at: Instant | null
  held: number
  /** Of a group-event, as JSON. */
  event: string | null
  readable: number
  epoch: number | null
  author_name: string | null
  /** Read from an exported file: nothing vouches for it. */
  imported: number
  /** Of what was said in a group, as far as it is known. */
  stream_position: number | null
  /** Of one's own in a group: how many of those it was said to have read it. Null: nobody has told. */
  read_by: number | null
  read_of: number | null
}

/** What it says, and how far it came. */
type Said = Pick<
  MessageRow,
  | 'sent_at'
  | 'kind'
  | 'text'
  | 'gap_from'
  | 'gap_to'
  | 'asked_at'
  | 'delivery'
  | 'delivery_at'
  | 'failure'
  | 'event'
  | 'epoch'
>
export type LastMessageRow = Said & Pick<MessageRow, 'id' | 'own' | 'author' | 'author_name' | 'imported'>

/** What a message begins with; the rest is empty. */
export type NewMessage = Pick<
  MessageRow,
  'conversation' | 'position' | 'sequence' | 'id' | 'author' | 'own' | 'sent_at' | 'kind'
> &
  Partial<MessageRow>

export function addMessage(sql: Sql, message: NewMessage): MessageRow {
  const row: MessageRow = {
    text: null,
    gap_from: null,
    gap_to: null,
    gap_device: null,
    gap_registration_id: null,
    asked_at: null,
    delivery: null,
    delivery_at: null,
    failure: null,
    edited_at: null,
    held: 0,
    event: null,
    readable: 0,
    epoch: null,
    author_name: null,
    imported: 0,
    stream_position: null,
    read_by: null,
    read_of: null,
    ...message,
  }
  sql.run(
    `INSERT INTO messages (conversation, position, sequence, id, author, own, sent_at, kind, text,
       gap_from, gap_to, gap_device, gap_registration_id, asked_at, delivery, delivery_at, failure, edited_at, held,
       event, readable, epoch, author_name, imported, stream_position)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      row.conversation,
      row.position,
      row.sequence,
      row.id,
      row.author,
      row.own,
      row.sent_at,
      row.kind,
      row.text,
      row.gap_from,
      row.gap_to,
      row.gap_device,
      row.gap_registration_id,
      row.asked_at,
      row.delivery,
      row.delivery_at,
      row.failure,
      row.edited_at,
      row.held,
      row.event,
      row.readable,
      row.epoch,
      row.author_name,
      row.imported,
      row.stream_position,
    ],
  )
  return row
}

export function findMessage(sql: Sql, id: MessageId): MessageRow | undefined {
  return sql.get<MessageRow>('SELECT * FROM messages WHERE id = ?', [id])
}

/** Rows from the end that are looked through for a place. */
const LOOKED_THROUGH = 1_000

/** Of what oneself has said on another device, later than this and under a higher number. */
export function placeOfNextCopy(
  sql: Sql,
  conversation: ConversationId,
  sequence: number,
  at: Instant,
): number | undefined {
  return sql.get<{ position: number }>(
    `SELECT position FROM
       (SELECT position, sequence, own, sent_at FROM messages WHERE conversation = ?
        ORDER BY position DESC, sequence DESC LIMIT ?)
     WHERE own = 1 AND sequence > ? AND sent_at >= ? ORDER BY position, sequence LIMIT 1`,
    [conversation, LOOKED_THROUGH, sequence, at],
  )?.position
}

export function isPlaceTaken(sql: Sql, conversation: ConversationId, position: number): boolean {
  return (
    sql.get('SELECT 1 AS yes FROM messages WHERE conversation = ? AND position = ?', [conversation, position]) !==
    undefined
  )
}

export function removeMessage(sql: Sql, id: MessageId): void {
  sql.run('DELETE FROM messages WHERE id = ?', [id])
}

/** To another place of its conversation. */
export function moveMessage(sql: Sql, id: MessageId, position: number): MessageRow | undefined {
  return sql.get<MessageRow>('UPDATE messages SET position = ? WHERE id = ? RETURNING *', [position, id])
}

/** A page that ends before a place, or at the end; oldest first. One more than the limit tells that there are earlier ones. */
export function pageOfMessages(
  sql: Sql,
  conversation: ConversationId,
  before: { position: number; sequence: number; id: MessageId } | undefined,
  limit: number,
): MessageRow[] {
  const rows =
    before === undefined
      ? sql.all<MessageRow>(
          `SELECT * FROM messages WHERE conversation = ? AND held = 0
           ORDER BY position DESC, sequence DESC, id DESC LIMIT ?`,
          [conversation, limit],
        )
      : sql.all<MessageRow>(
          `SELECT * FROM messages WHERE conversation = ? AND (position, sequence, id) < (?, ?, ?) AND held = 0
           ORDER BY position DESC, sequence DESC, id DESC LIMIT ?`,
          [conversation, before.position, before.sequence, before.id, limit],
        )
  return rows.reverse()
}

/** What is shown of it in the list of conversations. */
export function lastMessage(sql: Sql, conversation: ConversationId): LastMessageRow | undefined {
  return sql.get<LastMessageRow>(
    `SELECT id, own, author, author_name, imported, sent_at, kind, text, gap_from, gap_to, asked_at, delivery, delivery_at, failure, event, epoch
     FROM messages WHERE conversation = ? AND held = 0 ORDER BY position DESC, sequence DESC, id DESC LIMIT 1`,
    [conversation],
  )
}

/** The last one that was read, by where reading ended. */
export function lastReadMessage(sql: Sql, conversation: ConversationId, position: number): MessageId | undefined {
  return sql.get<{ id: MessageId }>(
    `SELECT id FROM messages WHERE conversation = ? AND position <= ? AND kind IN ('text', 'key-missing') AND held = 0
     ORDER BY position DESC, sequence DESC, id DESC LIMIT 1`,
    [conversation, position],
  )?.id
}

/** How many of the other side's messages are shown while their request waits [P61]. */
export function countShown(sql: Sql, conversation: ConversationId): number {
  const row = sql.get<{ shown: number }>(
    "SELECT count(*) AS shown FROM messages WHERE conversation = ? AND own = 0 AND held = 0 AND imported = 0 AND kind = 'text'",
    [conversation],
  )
  return row?.shown ?? 0
}

export function releaseHeld(sql: Sql, conversation: ConversationId): MessageRow[] {
  return sql.all<MessageRow>('UPDATE messages SET held = 0 WHERE conversation = ? AND held = 1 RETURNING *', [
    conversation,
  ])
}

const ORDER: readonly Delivery['state'][] = ['failed', 'waiting', 'sent', 'delivered', 'read']

/** Moves a delivery on, never back. Undefined: there was nothing to move. */
export function advanceDelivery(
  sql: Sql,
  id: MessageId,
  state: Delivery['state'],
  at: Instant,
): MessageRow | undefined {
  const row = findMessage(sql, id)
  if (row === undefined || row.delivery === null || ORDER.indexOf(row.delivery) >= ORDER.indexOf(state))
    return undefined
  return writeDelivery(sql, id, state, at, null)
}

export function failDelivery(sql: Sql, id: MessageId, failure: Failure, at: Instant): MessageRow | undefined {
  return writeDelivery(sql, id, 'failed', at, JSON.stringify(failure))
}

export function restartDelivery(sql: Sql, id: MessageId, at: Instant): MessageRow | undefined {
  return writeDelivery(sql, id, 'waiting', at, null)
}

function writeDelivery(
  sql: Sql,
  id: MessageId,
  state: Delivery['state'],
  at: Instant,
  failure: string | null,
): MessageRow | undefined {
  return sql.get<MessageRow>(
    'UPDATE messages SET delivery = ?, delivery_at = ?, failure = ? WHERE id = ? RETURNING *',
    [state, at, failure, id],
  )
}

/** The texts of others between what was read and this place: they are read now. */
export function unreadUpTo(sql: Sql, conversation: ConversationId, after: number, upTo: number): MessageRow[] {
  return sql.all<MessageRow>(
    `SELECT * FROM messages WHERE conversation = ? AND position > ? AND position <= ? AND own = 0 AND held = 0 AND kind = 'text'
     ORDER BY position, sequence`,
    [conversation, after, upTo],
  )
}

/**
 * Whether the last thing that one said is: what is older and still undelivered, such as what was refused, says nothing of
 * whether they are there now. Looks at the latest 50.
 */
export function hasUndelivered(sql: Sql, conversation: ConversationId): boolean {
  const last = sql.get<Pick<MessageRow, 'delivery'>>(
    `SELECT delivery FROM
       (SELECT position, sequence, delivery FROM messages WHERE conversation = ? AND imported = 0
        ORDER BY position DESC, sequence DESC LIMIT 50)
     WHERE delivery IS NOT NULL ORDER BY position DESC, sequence DESC LIMIT 1`,
    [conversation],
  )
  return last?.delivery === 'waiting' || last?.delivery === 'sent'
}

/** The line that says that this one is missing. */
export function findGap(
  sql: Sql,
  from: { conversation: ConversationId; device: number; registrationId: number },
  sequence: number,
): MessageRow | undefined {
  return sql.get<MessageRow>(
    `SELECT * FROM messages WHERE kind = 'gap' AND conversation = ? AND gap_device = ? AND gap_registration_id = ?
       AND gap_from <= ? AND gap_to >= ?`,
    [from.conversation, from.device, from.registrationId, sequence, sequence],
  )
}

/** What could not be read stands there as what it is, in its place. */
export function healMessage(
  sql: Sql,
  id: MessageId,
  healed: Pick<MessageRow, 'text' | 'sent_at' | 'epoch' | 'author_name'>,
): MessageRow | undefined {
  return sql.get<MessageRow>(
    "UPDATE messages SET kind = 'text', text = ?, sent_at = ?, epoch = ?, author_name = ? WHERE id = ? RETURNING *",
    [healed.text, healed.sent_at, healed.epoch, healed.author_name, id],
  )
}

/** Among the newest of every group: those that name somebody. */
export function lastThatName(sql: Sql, account: AccountId, limit: number): MessageRow[] {
  return sql.all<{ id: ConversationId }>("SELECT id FROM conversations WHERE kind = 'group'").flatMap(({ id }) =>
    sql.all<MessageRow>(
      `SELECT * FROM
           (SELECT * FROM messages WHERE conversation = ? AND held = 0 ORDER BY position DESC, sequence DESC, id DESC LIMIT ?)
         WHERE author = ? OR instr(event, ?) > 0`,
      [id, limit, account, account],
    ),
  )
}

/** The line that tells of the newest change of a group's details. */
export function newestDetailsEvent(sql: Sql, conversation: ConversationId): MessageRow | undefined {
  return sql.get<MessageRow>(
    `SELECT * FROM messages WHERE conversation = ? AND kind = 'group-event' AND event ->> 'event' = 'details'
     ORDER BY position DESC, sequence DESC LIMIT 1`,
    [conversation],
  )
}

export function setEvent(sql: Sql, id: MessageId, event: string): MessageRow | undefined {
  return sql.get<MessageRow>('UPDATE messages SET event = ? WHERE id = ? RETURNING *', [event, id])
}

/** What somebody is called now; undefined: nobody here knows. */
export type NameOf = (account: AccountId) => string | undefined

/** As it was written. */
const asBefore: NameOf = () => undefined

/** The row as a window shows it. */
export function showMessage(row: MessageRow, nameOf: NameOf = asBefore): Message {
  return {
    id: row.id,
    conversation: row.conversation,
    author: row.author,
    authorName: showAuthor(row, nameOf),
    readable: row.readable === 1,
    own: row.own === 1,
    position: row.position,
    sequence: row.sequence,
    sentAt: row.sent_at,
    content: showContent(row, nameOf),
    delivery: showDelivery(row),
    editedAt: row.edited_at,
    imported: row.imported === 1,
    readBy: row.read_by === null || row.read_of === null ? null : { count: row.read_by, of: row.read_of },
  }
}

/** By their name of now, unless a file says who it was. */
export function showAuthor(
  { author, author_name, imported }: Pick<MessageRow, 'author' | 'author_name' | 'imported'>,
  nameOf: NameOf,
): string | null {
  return author_name === null || imported === 1 ? author_name : (nameOf(author) ?? author_name)
}

export function showContent(row: Said, nameOf: NameOf): MessageContent {
  switch (row.kind) {
    case 'text':
      return { kind: 'text', text: row.text ?? '' }
    case 'deleted':
      return { kind: 'deleted' }
    case 'unlisted-device':
      return { kind: 'unlisted-device' }
    case 'keys-replaced':
      return { kind: 'keys-replaced' }
    case 'key-missing':
      return { kind: 'key-missing', epoch: row.epoch ?? 1 }
    case 'group-event':
      return { kind: 'group-event', ...showEvent(row.event ?? '{}', nameOf) }
    case 'gap':
      return { kind: 'gap', missing: (row.gap_to ?? 0) - (row.gap_from ?? 0) + 1 }
    case 'undecryptable':
      return { kind: 'undecryptable', askedAt: row.asked_at }
    case 'new-safety-number':
      return { kind: 'new-safety-number' }
    case 'restored':
      return { kind: 'restored' }
  }
}

/** By their names of now: who comes late learns them after what happened. */
function showEvent(written: string, nameOf: NameOf): GroupEvent {
  const event = GroupEvent.parse(JSON.parse(written))
  return {
    ...event,
    actorName: nameOf(event.actor) ?? event.actorName,
    accounts: event.accounts.map(({ account, name }) => ({ account, name: nameOf(account) ?? name })),
  }
}

export function showDelivery(row: Said): Delivery | null {
  switch (row.delivery) {
    case null:
      return null
    case 'waiting':
      return { state: 'waiting' }
    case 'failed':
      return { state: 'failed', failure: row.failure === null ? { code: 'internal' } : JSON.parse(row.failure) }
    default:
      return { state: row.delivery, at: row.delivery_at ?? row.sent_at }
  }
}

/** How much was said in an epoch of a group, readable yet or not. */
export function countOfEpoch(sql: Sql, conversation: ConversationId, epoch: number): number {
  return (
    sql.get<{ count: number }>(
      "SELECT count(*) AS count FROM messages WHERE conversation = ? AND epoch = ? AND kind IN ('text', 'key-missing')",
      [conversation, epoch],
    )?.count ?? 0
  )
}

export function setMessageEpoch(sql: Sql, id: MessageId, epoch: number): void {
  sql.run('UPDATE messages SET epoch = ? WHERE id = ?', [epoch, id])
}

/** What others said in a conversation, shown or held back. */
export function textsOfOthers(sql: Sql, conversation: ConversationId): MessageId[] {
  return sql
    .all<{ id: MessageId }>(
      "SELECT id FROM messages WHERE conversation = ? AND own = 0 AND kind = 'text' ORDER BY position, sequence",
      [conversation],
    )
    .map((row) => row.id)
}
