// A conversation as a window shows it, read from what is stored now.

import type { AccountId, ConversationId } from '../../shared/ids.ts'
import type { Conversation, Person, PersonConversation, Safety } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'
import { nameHere } from '../messages/strangers-name.ts'
import { type ConversationRow, FOR_GOOD, firstUnread, type PersonConversationRow } from '../storage/conversations.ts'
import { readLook } from '../storage/identities.ts'
import { lastMessage, showAuthor, showContent, showDelivery } from '../storage/messages.ts'
import { calledHere, findPersonRow, type PersonRow } from '../storage/people.ts'

export type IsTyping = (account: AccountId) => boolean

export function showPersonConversation(sql: Sql, row: PersonConversationRow, isTyping: IsTyping): PersonConversation {
  return {
    id: row.id,
    kind: row.kind,
    person: showPerson(sql, row.account),
    group: null,
    state: row.state,
    unread: row.unread,
    firstUnread: row.unread === 0 ? null : (firstUnread(sql, row.id) ?? null),
    draft: row.draft,
    last: showLast(sql, row.id),
    lastAt: row.last_at,
    typing: isTyping(row.account),
    ...showOrder(row),
  }
}

/** How the person keeps it: quiet, put away, at the top. */
export function showOrder(row: ConversationRow): Pick<Conversation, 'muted' | 'archived' | 'pinned'> {
  return {
    muted: row.muted_until === null ? null : row.muted_until === FOR_GOOD ? 'for-good' : row.muted_until,
    archived: row.archived === 1,
    pinned: row.pinned === 1,
  }
}

export function showLast(sql: Sql, id: ConversationId): Conversation['last'] {
  const last = lastMessage(sql, id)
  if (last === undefined) return null
  const nameOf = (account: AccountId) => nameHere(sql, account)
  return {
    id: last.id,
    own: last.own === 1,
    authorName: showAuthor(last, nameOf),
    at: last.sent_at,
    content: showContent(last, nameOf),
    delivery: showDelivery(last),
  }
}

export function showPerson(sql: Sql, account: AccountId): Person {
  const row = findPersonRow(sql, account)
  if (row === undefined) throw new Error('a conversation with somebody who is not among the people')
  return showPersonRow(sql, row)
}

export function showPersonRow(sql: Sql, row: PersonRow): Person {
  const { account, username, name, nickname, about, avatar, note } = row
  return {
    account,
    username,
    name: calledHere(row),
    profileName: name,
    nickname,
    about,
    avatar,
    note,
    safety: showSafety(sql, account),
    blocked: row.blocked === 1,
  }
}

function showSafety(sql: Sql, account: AccountId): Safety {
  const look = readLook(sql, account)
  if (look?.changed_at != null) return { state: 'changed', at: look.changed_at, wasVerified: look.was_verified === 1 }
  if (look?.verified_at != null) return { state: 'verified', at: look.verified_at }
  return { state: 'unverified' }
}
