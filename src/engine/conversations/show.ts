// A conversation as a window shows it, read from what is stored now.

import type { AccountId, ConversationId } from '../../shared/ids.ts'
import type { Conversation, Person, PersonConversation, Safety } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'
import {
  type ConversationRow,
  findConversation,
  firstUnread,
  type PersonConversationRow,
} from '../storage/conversations.ts'
import { readIdentity } from '../storage/identities.ts'
import { lastMessage, showContent, showDelivery } from '../storage/messages.ts'
import { findPersonRow } from '../storage/people.ts'

export type IsTyping = (account: AccountId) => boolean

export function showConversation(sql: Sql, id: ConversationId, isTyping: IsTyping): Conversation | undefined {
  const row = findConversation(sql, id)
  return row === undefined ? undefined : showConversationRow(sql, row, isTyping)
}

export function showConversationRow(sql: Sql, row: ConversationRow, isTyping: IsTyping): Conversation {
  if (row.kind === 'group') throw new Error('nothing makes a group yet')
  return showPersonConversation(sql, row, isTyping)
}

export function showPersonConversation(sql: Sql, row: PersonConversationRow, isTyping: IsTyping): PersonConversation {
  const last = lastMessage(sql, row.id)
  return {
    id: row.id,
    kind: row.kind,
    person: showPerson(sql, row.account),
    group: null,
    state: row.state,
    unread: row.unread,
    firstUnread: row.unread === 0 ? null : (firstUnread(sql, row.id) ?? null),
    draft: row.draft,
    last:
      last === undefined
        ? null
        : {
            id: last.id,
            own: last.own === 1,
            at: last.sent_at,
            content: showContent(last),
            delivery: showDelivery(last),
          },
    lastAt: row.last_at,
    typing: isTyping(row.account),
  }
}

export function showPerson(sql: Sql, account: AccountId): Person {
  const row = findPersonRow(sql, account)
  if (row === undefined) throw new Error('a conversation with somebody who is not among the people')
  return {
    account,
    username: row.username,
    name: row.name,
    safety: showSafety(sql, account),
    blocked: row.blocked === 1,
  }
}

function showSafety(sql: Sql, account: AccountId): Safety {
  const pinned = readIdentity(sql, account)
  if (pinned?.changedAt != null) return { state: 'changed', at: pinned.changedAt, wasVerified: pinned.wasVerified }
  if (pinned?.verifiedAt != null) return { state: 'verified', at: pinned.verifiedAt }
  return { state: 'unverified' }
}
