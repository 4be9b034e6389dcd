// Segments, written: rows become bytes.

import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { type CellSchema, SegmentSchema, type TableSchema } from '../../protocol/generated/history_pb.ts'
import type { Sql, SqlValue } from '../../shared/sql.ts'
import {
  BASICS,
  type BasicTable,
  basicRows,
  columnsOf,
  STRETCHES,
  type StoredRow,
  type StretchTable,
  stretchRows,
} from '../storage/history.ts'
import type { StretchPlace } from './segments.ts'

/** Counts up when a reader that does not know better would get something wrong. */
export const FORMAT = 1

/** @param pictures they may be many times as much as all the rest, and can wait. */
export function writeBasics(sql: Sql, { pictures = true } = {}): Uint8Array<ArrayBuffer> {
  const names = (Object.keys(BASICS) as BasicTable[]).filter((name) => pictures || name !== 'avatars')
  const leftOut = pictures ? COUNTED_ANEW : new Set([...COUNTED_ANEW, 'people.avatar'])
  const tables = names.map((name) => table(sql, name, basicRows(sql, name), leftOut))
  return toBinary(SegmentSchema, create(SegmentSchema, { format: FORMAT, tables }))
}

export function writeStretch(
  sql: Sql,
  { conversation, first, last }: StretchPlace,
): { bytes: Uint8Array<ArrayBuffer>; messages: number } {
  const stretch = { conversation, firstPosition: BigInt(first), lastPosition: BigInt(last) }
  const names = Object.keys(STRETCHES) as StretchTable[]
  const tables = names.map((name) => table(sql, name, stretchRows(sql, name, conversation, first, last)))
  return {
    bytes: toBinary(SegmentSchema, create(SegmentSchema, { format: FORMAT, stretch, tables })),
    messages: tables[0]?.rows?.length ?? 0,
  }
}

function table(
  sql: Sql,
  name: string,
  rows: readonly StoredRow[],
  leftOut = COUNTED_ANEW,
): MessageInitShape<typeof TableSchema> {
  const columns = [...columnsOf(sql, name).keys()].filter((column) => !leftOut.has(`${name}.${column}`))
  return {
    name,
    columns,
    rows: rows.map((row) => ({ cells: columns.map((column) => ({ value: cell(row[column] ?? null) })) })),
  }
}

/** What follows from the rest. */
const COUNTED_ANEW: ReadonlySet<string> = new Set(['conversations.unread'])

function cell(value: SqlValue): NonNullable<MessageInitShape<typeof CellSchema>['value']> {
  if (value === null) return { case: undefined }
  if (typeof value === 'string') return { case: 'text', value }
  if (value instanceof Uint8Array) return { case: 'blob', value: new Uint8Array(value) }
  return { case: 'number', value: BigInt(value) }
}
