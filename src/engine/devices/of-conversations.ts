// What the own devices agree about a conversation, which one of them may hear before the conversation is there [P92].

import { z } from 'zod'
import { type ConversationId, Instant } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import {
  addConversation,
  type NewConversation,
  setArchived,
  setDraft,
  setMutedUntil,
  setPinned,
} from '../storage/conversations.ts'
import { parseValue, readOwnRecord } from '../storage/own-records.ts'

export interface Agreed<Value> {
  schema: z.ZodType<Value>
  write(sql: Sql, id: ConversationId, value: Value): void
}

function agreed<Value>(schema: z.ZodType<Value>, write: Agreed<Value>['write']): Agreed<Value> {
  return { schema, write }
}

export const ofConversations = {
  muted: agreed(Instant.nullable(), setMutedUntil),
  archived: agreed(z.boolean(), setArchived),
  pinned: agreed(z.boolean(), setPinned),
  draft: agreed(z.string().max(65_536), setDraft),
}

/** In a transaction: as the own devices have it, if they spoke of it before. */
export function beginConversation(sql: Sql, row: NewConversation): void {
  addConversation(sql, row)
  for (const [name, one] of Object.entries(ofConversations)) {
    const record = readOwnRecord(sql, `${name}/${row.id}`)
    if (record !== undefined) takeUp(sql, row.id, one as Agreed<unknown>, record.value)
  }
}

function takeUp(sql: Sql, id: ConversationId, { schema, write }: Agreed<unknown>, json: string): void {
  const value = schema.safeParse(parseValue(json))
  if (value.success) write(sql, id, value.data)
}
