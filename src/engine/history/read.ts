// Segments, read: what does not parse is left out, row by row or as a whole, whoever wrote it.

import { fromBinary } from '@bufbuild/protobuf'
import { z } from 'zod'
import {
  type Cell,
  type Segment,
  SegmentSchema,
  type Stretch,
  type Table,
} from '../../protocol/generated/history_pb.ts'
import { Failure } from '../../shared/failure.ts'
import { AccountId, ConversationId, DeviceId, Instant, MessageId, RegistrationId, Username } from '../../shared/ids.ts'
import { ConversationState, Delivery, DisplayName, GroupEvent, MessageContent } from '../../shared/model.ts'
import type { Sql, SqlValue } from '../../shared/sql.ts'
import { BASICS, type BasicTable, columnsOf, STRETCHES, type StoredRow, type StretchTable } from '../storage/history.ts'
import { type StretchPlace, stretchAround } from './segments.ts'
import { FORMAT } from './write.ts'

export interface ReadSegment {
  /** Undefined: the basics. */
  place: StretchPlace | undefined
  /** Rows that fit this database, by table. */
  rows: ReadonlyMap<BasicTable | StretchTable, readonly StoredRow[]>
}

/** newer: a later version wrote it. */
export function readSegment(sql: Sql, bytes: Uint8Array): ReadSegment | 'malformed' | 'newer' {
  const segment = parse(bytes)
  if (segment === undefined || segment.format === 0) return 'malformed'
  if (segment.format > FORMAT) return 'newer'
  const place = segment.stretch && readPlace(segment.stretch)
  if (segment.stretch !== undefined && place === undefined) return 'malformed'
  const names: readonly string[] = Object.keys(place === undefined ? BASICS : STRETCHES)
  const rows = segment.tables
    .filter(({ name }) => names.includes(name))
    .map((table) => [table.name as BasicTable | StretchTable, readRows(sql, table, place)] as const)
  return { place, rows: new Map(rows) }
}

function parse(bytes: Uint8Array): Segment | undefined {
  try {
    return fromBinary(SegmentSchema, bytes)
  } catch {
    return undefined
  }
}

function readPlace({ conversation, firstPosition, lastPosition }: Stretch): StretchPlace | undefined {
  const id = ConversationId.safeParse(conversation).data
  const first = z.int().safeParse(Number(firstPosition)).data
  if (id === undefined || first === undefined) return undefined
  const place = stretchAround(id, first)
  return place.first === first && place.last === Number(lastPosition) ? place : undefined
}

/** Only columns that are known here, with what may be in them. */
function readRows(sql: Sql, { name, columns, rows }: Table, place: StretchPlace | undefined): StoredRow[] {
  const known = columnsOf(sql, name)
  const schema = name === 'messages' && place !== undefined ? messageOf(place) : ROWS[name as keyof typeof ROWS]
  return rows.flatMap(({ cells }) => {
    if (cells.length !== columns.length) return []
    const row: StoredRow = {}
    for (const [at, column] of columns.entries()) {
      const value = valueIn(cells[at])
      const type = known.get(column)
      if (type === undefined) continue
      if (value !== null && !fits(type, value)) return []
      row[column] = value
    }
    return schema.safeParse(row).success ? [row] : []
  })
}

function valueIn(cell: Cell | undefined): SqlValue {
  switch (cell?.value.case) {
    case 'number':
      return Number(cell.value.value)
    case 'text':
    case 'blob':
      return cell.value.value
    default:
      return null
  }
}

function fits(type: string, value: SqlValue): boolean {
  switch (type) {
    case 'INTEGER':
      return Number.isSafeInteger(value)
    case 'TEXT':
      return typeof value === 'string'
    default:
      return value instanceof Uint8Array
  }
}

// --- What the rest of the engine believes of a row ----------------------------------------------------------------------

const Place = z.int().min(1)
const Count = z.int().min(0)
const Flag = z.literal([0, 1])
const Bytes = (length: number) => z.instanceof(Uint8Array).refine((bytes) => bytes.length === length)
const Numberer = { account: AccountId, device: DeviceId, registration_id: RegistrationId }
const json = (schema: z.ZodType) =>
  z.string().refine((text) => {
    try {
      return schema.safeParse(JSON.parse(text)).success
    } catch {
      return false
    }
  })

const ROWS = {
  avatars: z.looseObject({ account: AccountId, hash: z.string().nullable(), matches: Flag }),
  settings: z.looseObject({ name: z.string(), value: json(z.unknown()) }),
  people: z.looseObject({
    account: AccountId,
    username: Username,
    name: DisplayName,
    profile_version: Count,
    told_profile_version: Count,
    blocked: Flag,
  }),
  identities: z.looseObject({
    account: AccountId,
    key: Bytes(33),
    first_seen: Instant,
    verified_at: Instant.nullable(),
    changed_at: Instant.nullable(),
    was_verified: Flag,
    previous_key: Bytes(33).nullable(),
  }),
  device_lists: z.looseObject({
    account: AccountId,
    version: Place,
    list: z.instanceof(Uint8Array),
    signature: Bytes(64),
  }),
  conversations: z.looseObject({
    id: ConversationId,
    kind: z.enum(['person', 'notes', 'group']),
    account: AccountId.nullable(),
    state: ConversationState,
    last_position: Count,
    read_position: Count,
    draft: z.string(),
    last_at: Instant,
  }),
  incoming_chains: z.looseObject({ ...Numberer, sequence: Count, hash: Bytes(32) }),
  missing: z.looseObject({ ...Numberer, sequence: Place }),
  deleted_messages: z.looseObject({ message: MessageId, at: Instant }),
  group_reads: z.looseObject({ message: MessageId, account: AccountId, at: Instant }),
  edits: z.looseObject({ message: MessageId, at: Instant, edit: MessageId, text: z.string() }),
}

const KINDS = MessageContent.options.map((option) => option.shape.kind.value)
const DELIVERIES = Delivery.options.map((option) => option.shape.state.value)

function messageOf({ conversation, first, last }: StretchPlace) {
  return z.looseObject({
    conversation: z.literal(conversation),
    position: z.int().min(first).max(last),
    sequence: Count,
    id: MessageId,
    author: AccountId,
    own: Flag,
    sent_at: Instant,
    kind: z.enum(KINDS),
    text: z.string().nullable(),
    gap_from: Place.nullable(),
    gap_to: Place.nullable(),
    asked_at: Instant.nullable(),
    delivery: z.enum(DELIVERIES).nullable(),
    delivery_at: Instant.nullable(),
    failure: json(Failure).nullable(),
    event: json(GroupEvent).nullable(),
    held: Flag,
  })
}
