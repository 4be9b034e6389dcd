// History arriving from another device of the person: part after part, fetched, applied, and said to be stored [P108].

import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  type HistoryPart,
  HistoryPartSchema,
  type HistoryStopped,
  HistoryStopped_Why,
  HistoryWantedSchema,
} from '../../protocol/generated/content_pb.ts'
import { type Answer, answer } from '../../shared/answer.ts'
import { type DeviceId, MessageId, uuidToBytes } from '../../shared/ids.ts'
import type { Change } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'
import { downloadBytes } from '../attachments/download.ts'
import type { TransferParts } from '../attachments/upload.ts'
import type { ContentBody } from '../messages/content.ts'
import type { Cancellation, Ports } from '../ports.ts'
import { sameBytes } from '../signal/bytes.ts'
import {
  type Arriving,
  ask,
  forgetArriving,
  forgetTold,
  noteArrived,
  noteTold,
  readArriving,
  setArrivingState,
  toldPart,
} from '../storage/history-transfers.ts'
import { Touched } from '../touched.ts'
import { applySegment } from './apply.ts'
import type { PromiseTo } from './leave.ts'
import { readPart } from './parts.ts'
import { readSegment } from './read.ts'

/** Bytes of a part that this device takes: more than any has. */
const LARGEST_PART = 64 * 1024 * 1024

export interface ArriveNeeds extends TransferParts {
  promiseTo: PromiseTo
  /** After a commit: rows that changed, and what else is to be told. */
  told(touched: Touched, ...changes: Change[]): void
}

/** In a transaction: this device wants what that one remembers. */
export function askForHistory({ sql, random }: Pick<Ports, 'sql' | 'random'>, from: DeviceId): void {
  ask(sql, uuidToBytes(MessageId.parse(random.uuid())), from)
}

/** In the transaction that stores the content. */
export function takePart(sql: Sql, from: DeviceId, part: HistoryPart): void {
  const arriving = readArriving(sql)
  if (arriving === undefined || arriving.device !== from || !sameBytes(arriving.transfer, part.transfer)) return
  if (part.after < arriving.taken || part.number <= part.after || part.blob === undefined) return
  noteTold(sql, part.after, toBinary(HistoryPartSchema, part))
  // It goes on there.
  if (arriving.state === 'halted') setArrivingState(sql, 'arriving')
}

/** In a transaction: what was told, or asked for, may have got lost. */
export function askAgain(sql: Sql, promiseTo: PromiseTo): boolean {
  const arriving = readArriving(sql)
  if (arriving?.state !== 'arriving') return false
  promiseTo(arriving.device, wantedBody(arriving, { repeat: true }))
  return true
}

/** In the transaction that stores the content. */
export function takeStopped(deps: Pick<Ports, 'sql' | 'random'>, from: DeviceId, stopped: HistoryStopped): void {
  const { sql } = deps
  const arriving = readArriving(sql)
  if (arriving === undefined || arriving.device !== from || !sameBytes(arriving.transfer, stopped.transfer)) return
  // It was put back from a copy, say. From the beginning: what is here already does no harm.
  if (stopped.why === HistoryStopped_Why.UNKNOWN) askForHistory(deps, from)
  else if (stopped.why === HistoryStopped_Why.RELAY)
    setArrivingState(sql, 'failed', { code: 'not-available-here', detail: 'the relay takes no blobs' })
  else if (arriving.state !== 'stopped') setArrivingState(sql, 'halted')
}

/** Fetches and applies what was told, and returns when nothing is left. Refused with what stopped it. */
export async function arrive(needs: ArriveNeeds, cancellation: Cancellation): Promise<Answer<null>> {
  const { sql } = needs.ports
  for (;;) {
    const arriving = readArriving(sql)
    if (arriving === undefined || cancellation.aborted) return answer(null)
    if (arriving.state === 'asked') {
      sql.transaction(() => {
        setArrivingState(sql, 'arriving')
        needs.promiseTo(arriving.device, wantedBody(arriving, { resumed: true, repeat: true }))
      })
      needs.told(new Touched())
      continue
    }
    const told = arriving.state === 'arriving' ? toldPart(sql, arriving.taken) : undefined
    if (told === undefined) return answer(null)
    const taken = await take(needs, arriving, fromBinary(HistoryPartSchema, told), cancellation)
    if (!taken.ok) return taken
  }
}

async function take(
  needs: ArriveNeeds,
  arriving: Arriving,
  part: HistoryPart,
  cancellation: Cancellation,
): Promise<Answer<null>> {
  const { sql } = needs.ports
  const bytes =
    part.blob === undefined
      ? ({ ok: false, failure: { code: 'attachment-spoiled' } } as const)
      : await downloadBytes(needs, part.blob, LARGEST_PART, { cancellation })
  const segments = bytes.ok ? readPart(bytes.value) : undefined
  if (segments === undefined) {
    const code = bytes.ok ? 'attachment-spoiled' : bytes.failure.code
    if (code !== 'no-such-attachment' && code !== 'attachment-spoiled') return bytes.ok ? answer(null) : bytes
    sql.transaction(() => {
      forgetTold(sql)
      needs.promiseTo(arriving.device, wantedBody(arriving, { again: true }))
    })
    needs.told(new Touched())
    return answer(null)
  }
  for (const segment of segments) {
    if (cancellation.aborted) return answer(null)
    if (!applyOne(needs, segment)) {
      sql.transaction(() => setArrivingState(sql, 'failed', { code: 'update-needed' }))
      needs.told(new Touched())
      return answer(null)
    }
    await needs.ports.clock.breathe()
  }
  sql.transaction(() => {
    // It may have been stopped, or asked for anew, meanwhile.
    const now = readArriving(sql)
    if (now === undefined || !sameBytes(now.transfer, part.transfer)) return
    noteArrived(sql, part.number, Number(part.done), Number(part.total))
    needs.promiseTo(now.device, wantedBody({ ...now, taken: part.number }, {}))
    if (part.last) forgetArriving(sql)
  })
  needs.told(new Touched())
  return answer(null)
}

/** False: only a later version could read it. What no version can read is left out. */
function applyOne(needs: ArriveNeeds, bytes: Uint8Array): boolean {
  const { sql, clock, log } = needs.ports
  const segment = readSegment(sql, bytes)
  if (segment === 'newer') return false
  if (segment === 'malformed') {
    log.warn('history.malformed-segment')
    return true
  }
  const touched = new Touched()
  const applied = sql.transaction(() => applySegment({ sql, clock }, touched, segment, 'own-device'))
  needs.ports.crash?.('history.applied')
  if (applied && segment.place !== undefined)
    needs.told(touched, { kind: 'earlier-messages', conversation: segment.place.conversation })
  else needs.told(touched)
  return true
}

function wantedBody(
  { transfer, taken }: Pick<Arriving, 'transfer' | 'taken'>,
  how: { again?: boolean; resumed?: boolean; repeat?: boolean },
): ContentBody {
  const value = create(HistoryWantedSchema, { transfer: new Uint8Array(transfer), after: taken, ...how })
  return { case: 'historyWanted', value }
}
