// History leaving for another device of the person: part after part, each a blob, a few ahead of what is stored there [P108].

import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { blobIdOf } from '../../protocol/blobs.ts'
import {
  type HistoryPart,
  HistoryPartSchema,
  HistoryStopped_Why,
  HistoryStoppedSchema,
  type HistoryWanted,
} from '../../protocol/generated/content_pb.ts'
import type { Answer } from '../../shared/answer.ts'
import type { DeviceId, Instant } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import { bytesIn } from '../attachments/bytes.ts'
import { announceUpload, type BlobPointer, continueUpload, type TransferParts } from '../attachments/upload.ts'
import type { ContentBody } from '../messages/content.ts'
import type { Cancellation, Ports } from '../ports.ts'
import { allConversations } from '../storage/conversations.ts'
import { countMessages } from '../storage/history.ts'
import {
  addLeaving,
  addPart,
  allLeaving,
  endOf,
  findLeaving,
  forgetLeaving,
  forgetParts,
  type Leaving,
  noteEnd,
  noteTaken,
  noteTotal,
  partsOf,
  planStretch,
  type SentPart,
  setLeavingStopped,
  stretchesAfter,
} from '../storage/history-transfers.ts'
import { writePart } from './parts.ts'
import { type StretchPlace, stretchesNewestFirst, stretchesOf } from './segments.ts'
import { writeBasics, writeStretch } from './write.ts'

/** Bytes after which a part is full: the first one is small, so that chats are there soon. */
const FIRST_PART = 128 * 1024
const PART = 1024 * 1024
/** Parts told and not stored there yet. */
const AHEAD = 2
const MEDIA_TYPE = 'application/x-sotto-history'

/** In a transaction: to one of the own devices. */
export type PromiseTo = (device: DeviceId, body: ContentBody) => void

export interface LeaveNeeds extends TransferParts {
  promiseTo: PromiseTo
  /** After a commit that promised something, and when something is to be shown. */
  told(): void
}

/** In the transaction that stores the content. */
export function takeWanted(
  { sql, clock }: Pick<Ports, 'sql' | 'clock'>,
  from: DeviceId,
  wanted: HistoryWanted,
  promiseTo: PromiseTo,
): void {
  const { transfer, after } = wanted
  if (transfer.length !== 16) return
  const leaving = findLeaving(sql, transfer)
  if (leaving === undefined) begin(sql, from, wanted, promiseTo, clock.now())
  else if (leaving.device === from && !noteWhatIsThere(sql, transfer, after)) {
    if (wanted.resumed) setLeavingStopped(sql, transfer, false)
    else if (leaving.stopped === 1) promiseTo(from, stoppedBody(transfer, HistoryStopped_Why.PERSON))
    if (wanted.again) forgetParts(sql, transfer)
    else if (wanted.repeat) tellParts(sql, transfer, (body) => promiseTo(from, body))
  }
}

/** In a transaction: what was told already, once more. */
export function tellParts(sql: Sql, transfer: Uint8Array, say: (body: ContentBody) => void): void {
  for (const { part } of partsOf(sql, transfer)) say(partBody(readHistoryPart(part)))
}

function begin(sql: Sql, from: DeviceId, { transfer, after }: HistoryWanted, promiseTo: PromiseTo, now: Instant): void {
  if (after > 0) {
    promiseTo(from, stoppedBody(transfer, HistoryStopped_Why.UNKNOWN))
    return
  }
  // What it asked for before, it wants no more.
  for (const old of allLeaving(sql)) if (old.device === from) forgetLeaving(sql, old.transfer)
  addLeaving(sql, transfer, from, now)
}

/** Whether all of it is there. */
function noteWhatIsThere(sql: Sql, transfer: Uint8Array, after: number): boolean {
  const taken = partsOf(sql, transfer).find(({ number }) => number === after)
  if (taken === undefined) return false
  const part = readHistoryPart(taken.part)
  if (part.last) forgetLeaving(sql, transfer)
  else noteTaken(sql, transfer, taken, Number(part.done))
  return part.last
}

/** Makes and tells what is due, and returns when nothing is. Refused with what stopped it. */
export async function leave(needs: LeaveNeeds, cancellation: Cancellation): Promise<Answer<null>> {
  const { sql } = needs.ports
  for (;;) {
    const due = allLeaving(sql).find((leaving) => leaving.stopped === 0 && isDue(sql, leaving))
    if (due === undefined || cancellation.aborted) return { ok: true, value: null }
    if (due.total === null) {
      plan(sql, due)
      continue
    }
    const sent = await sendNext(needs, due, cancellation)
    if (!sent.ok) return sent
  }
}

function isDue(sql: Sql, { transfer }: Leaving): boolean {
  const parts = partsOf(sql, transfer)
  const last = parts.at(-1)
  return parts.length < AHEAD && (last === undefined || !readHistoryPart(last.part).last)
}

/** Which stretches there are, in their order, and where each conversation ends now. */
function plan(sql: Sql, { transfer }: Leaving): void {
  sql.transaction(() => {
    let number = 0
    for (const place of stretchesNewestFirst(sql)) planStretch(sql, transfer, { ...place, number: ++number })
    for (const { id, last_position } of allConversations(sql)) noteEnd(sql, transfer, id, last_position)
    noteTotal(sql, transfer, countMessages(sql))
  })
}

interface Made {
  segments: Uint8Array[]
  messages: number
  lastStretch: number
  last: boolean
}

async function sendNext(needs: LeaveNeeds, leaving: Leaving, cancellation: Cancellation): Promise<Answer<null>> {
  const { sql } = needs.ports
  const { transfer, device } = leaving
  const before = partsOf(sql, transfer).at(-1)
  const after = before?.number ?? leaving.taken
  const number = Math.max(after, leaving.highest) + 1
  const doneBefore = before === undefined ? leaving.done : Number(readHistoryPart(before.part).done)
  const made = await make(needs, leaving, after === 0, before?.last_stretch ?? leaving.taken_stretch)
  const source = bytesIn(writePart(made.segments))
  const announced = await announceUpload(needs, source, { cancellation })
  if (!announced.ok) return announced
  const uploaded = await continueUpload(needs, announced.value, source, MEDIA_TYPE, { cancellation })
  if (!uploaded.ok) return uploaded
  const done = doneBefore + made.messages
  const part = historyPart(leaving, { number, after, blob: uploaded.value, done, last: made.last })
  sql.transaction(() => {
    const now = findLeaving(sql, transfer)
    // It may be over, or to be made anew, by now.
    if (now === undefined || (partsOf(sql, transfer).at(-1)?.number ?? now.taken) !== after) return
    const row: SentPart = {
      number,
      last_stretch: made.lastStretch,
      part: toBinary(HistoryPartSchema, part),
      token: announced.value.token,
    }
    addPart(sql, transfer, row)
    needs.promiseTo(device, partBody(part))
  })
  needs.ports.crash?.('history.promised')
  needs.told()
  return { ok: true, value: null }
}

/** What is not said yet, up to the size of a part. Behind the last stretch: what happened since they were listed. */
async function make({ ports }: LeaveNeeds, leaving: Leaving, isFirst: boolean, after: number): Promise<Made> {
  const { sql, clock } = ports
  const made: Made = { segments: [], messages: 0, lastStretch: after, last: false }
  const full = isFirst ? FIRST_PART : PART
  let bytes = 0
  const add = (place: StretchPlace) => {
    const { bytes: segment, messages } = writeStretch(sql, place)
    made.segments.push(segment)
    made.messages += messages
    bytes += segment.length
  }
  if (isFirst) made.segments.push(writeBasics(sql, { pictures: false }))
  while (bytes < full) {
    const [next] = stretchesAfter(sql, leaving.transfer, made.lastStretch, 1)
    if (next === undefined) {
      made.segments.push(writeBasics(sql))
      for (const place of sinceListed(sql, leaving.transfer)) {
        made.segments.push(writeStretch(sql, place).bytes)
        await clock.breathe()
      }
      made.last = true
      return made
    }
    add(next)
    made.lastStretch = next.number
    await clock.breathe()
  }
  return made
}

function* sinceListed(sql: Sql, transfer: Uint8Array): Generator<StretchPlace> {
  for (const { id } of allConversations(sql)) {
    const end = endOf(sql, transfer, id)
    for (const place of stretchesOf(sql, id)) {
      if (place.last <= end) break
      yield place
    }
  }
}

/** Blobs that are stored there need not lie at the relay: for the sake of the quota, and once. */
export async function forgetTaken({ ports, connection }: LeaveNeeds, parts: readonly SentPart[]): Promise<void> {
  for (const { part, token } of parts) {
    const blob = blobIdOf(readHistoryPart(part).blob?.blob ?? new Uint8Array())
    if (blob === undefined) continue
    try {
      await ports.blobs.forget(await connection.address(), { blob, token })
    } catch {
      ports.log.info('history.not-forgotten')
    }
  }
}

function historyPart(
  { transfer, total }: Leaving,
  part: { number: number; after: number; blob: BlobPointer; done: number; last: boolean },
): HistoryPart {
  const value: MessageInitShape<typeof HistoryPartSchema> = {
    ...part,
    transfer: new Uint8Array(transfer),
    done: BigInt(part.done),
    total: BigInt(Math.max(total ?? 0, part.done)),
  }
  return create(HistoryPartSchema, value)
}

function readHistoryPart(bytes: Uint8Array): HistoryPart {
  return fromBinary(HistoryPartSchema, bytes)
}

function partBody(value: HistoryPart): ContentBody {
  return { case: 'historyPart', value }
}

export function stoppedBody(transfer: Uint8Array, why: HistoryStopped_Why): ContentBody {
  return { case: 'historyStopped', value: create(HistoryStoppedSchema, { transfer: new Uint8Array(transfer), why }) }
}
