// History between the person's devices, as it is on this one: what is due is done when something may have changed.

import { HistoryStopped_Why } from '../../protocol/generated/content_pb.ts'
import { type Answer, answer, refuse } from '../../shared/answer.ts'
import { DeviceId } from '../../shared/ids.ts'
import type { Change, History } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'
import type { Live } from '../live.ts'
import type { ReadContent } from '../messages/content.ts'
import type { Cancellation } from '../ports.ts'
import { createQueue } from '../queue.ts'
import {
  type Arriving,
  allLeaving,
  forgetLeaving,
  partsOf,
  readArriving,
  type SentPart,
  setArrivingState,
  setLeavingStopped,
} from '../storage/history-transfers.ts'
import { Touched } from '../touched.ts'
import { arrive, askAgain, takePart, takeStopped } from './arrive.ts'
import { forgetTaken, leave, type PromiseTo, stoppedBody, takeWanted, tellParts } from './leave.ts'

export interface HistoryTransfer {
  state(): History
  /** In the transaction that stores the content, which comes from one of the own devices. Whether it was about history. */
  take(content: ReadContent): boolean
  /** In such a transaction, too: some of what the other devices said got lost. */
  mayBeLost(): void
  /** After such a commit. */
  stored(): void
  /** When the connection is there, and when the person has asked for history. */
  kick(): void
  stop(): Promise<Answer<null>>
  resume(): Promise<Answer<null>>
  close(): Promise<void>
}

export interface HistoryNeeds extends Pick<Live, 'ports' | 'connection' | 'relay'> {
  promiseTo: PromiseTo
  /** Whether it is another device in our list. */
  isOwn(device: DeviceId): boolean
  /** What was promised may go out. */
  kickOwn(): void
  tellAlso(touched: Touched, ...changes: Change[]): void
}

export function createHistoryTransfer(needs: HistoryNeeds): HistoryTransfer {
  const { ports, promiseTo } = needs
  const { sql, log } = ports
  const work = createQueue()
  let cancellation = createCancellation()
  let closed = false
  let due = false
  /** Since the app was started: the other device, or its relay, may have lost what was said. */
  let hasAskedAgain = false
  let shown = JSON.stringify(showHistory(sql))
  /** Stored on the other device: their blobs may go. */
  let taken: SentPart[] = []

  function told(touched = new Touched(), ...changes: Change[]): void {
    if (closed) return
    const history = showHistory(sql)
    const is = JSON.stringify(history)
    needs.tellAlso(touched, ...(is === shown ? [] : [{ kind: 'history', history } as const]), ...changes)
    shown = is
    needs.kickOwn()
  }

  const parts = { ...needs, told }

  async function run(): Promise<void> {
    if (closed || needs.connection.state().state !== 'online') return
    sql.transaction(() => {
      for (const { transfer, device } of allLeaving(sql)) if (!needs.isOwn(device)) forgetLeaving(sql, transfer)
    })
    if (!hasAskedAgain) {
      hasAskedAgain = true
      if (sql.transaction(() => askAgain(sql, promiseTo))) told()
    }
    const gone = taken
    taken = []
    await forgetTaken(parts, gone)
    const arrived = await arrive(parts, cancellation)
    if (!arrived.ok) log.info('history.waits', { code: arrived.failure.code })
    const left = await leave(parts, cancellation)
    if (!left.ok) await leavingFailed(left)
  }

  /** A relay that takes no blobs will not take them later: the other device is told. Whatever else passes. */
  async function leavingFailed(left: Answer<never> | Extract<Answer<null>, { ok: false }>): Promise<void> {
    if (left.ok) return
    const { code } = left.failure
    log.info('history.waits', { code })
    if (code !== 'not-available-here' && code !== 'too-large' && code !== 'quota-exceeded') return
    sql.transaction(() => {
      for (const { transfer, device, stopped } of allLeaving(sql)) {
        if (stopped === 1) continue
        setLeavingStopped(sql, transfer, true)
        promiseTo(device, stoppedBody(transfer, HistoryStopped_Why.RELAY))
      }
    })
    told()
  }

  function kick(): void {
    work.run(run).catch((error: unknown) => {
      log.error('history.failed', { error: error instanceof Error ? error.name : 'unknown' })
    })
  }

  function take({ device, body }: ReadContent): boolean {
    switch (body.case) {
      case 'historyWanted': {
        const { transfer, after } = body.value
        taken.push(...partsOf(sql, transfer).filter(({ number }) => number <= after))
        takeWanted(ports, device, body.value, promiseTo)
        break
      }
      case 'historyPart':
        takePart(sql, device, body.value)
        break
      case 'historyStopped':
        takeStopped(ports, device, body.value)
        break
      default:
        return false
    }
    due = true
    return true
  }

  /** What is under way ends where it is; what was stored stays. */
  function interrupt(): void {
    cancellation.abort()
    cancellation = createCancellation()
  }

  return {
    state: () => showHistory(sql),
    take,
    mayBeLost() {
      if (askAgain(sql, promiseTo)) due = true
    },
    stored() {
      if (!due) return
      due = false
      told()
      kick()
    },
    kick,
    async stop() {
      const arriving = readArriving(sql)
      const leaving = allLeaving(sql).filter(({ stopped }) => stopped === 0)
      if (arriving?.state !== 'arriving' && arriving?.state !== 'asked' && leaving.length === 0)
        return refuse('already-so')
      sql.transaction(() => {
        if (arriving !== undefined) setArrivingState(sql, 'stopped')
        for (const { transfer, device } of leaving) {
          setLeavingStopped(sql, transfer, true)
          promiseTo(device, stoppedBody(transfer, HistoryStopped_Why.PERSON))
        }
      })
      interrupt()
      told()
      return answer(null)
    },
    async resume() {
      const arriving = readArriving(sql)
      const leaving = allLeaving(sql).filter(({ stopped }) => stopped === 1)
      const halted = arriving !== undefined && HALTED.has(arriving.state)
      if (!halted && leaving.length === 0) return refuse('already-so')
      sql.transaction(() => {
        if (halted) setArrivingState(sql, 'asked')
        for (const { transfer, device } of leaving) {
          setLeavingStopped(sql, transfer, false)
          tellParts(sql, transfer, (body) => promiseTo(device, body))
        }
      })
      told()
      kick()
      return answer(null)
    },
    async close() {
      closed = true
      cancellation.abort()
      await work.idle()
    },
  }
}

const HALTED: ReadonlySet<Arriving['state']> = new Set(['stopped', 'halted', 'failed'])

const ARRIVING = {
  asked: 'waiting',
  arriving: 'arriving',
  stopped: 'stopped',
  halted: 'stopped',
  failed: 'failed',
} as const

export function showHistory(sql: Sql): History {
  const arriving = readArriving(sql)
  const [leaving] = allLeaving(sql)
  return {
    arriving:
      arriving === undefined
        ? null
        : {
            state: arriving.state === 'arriving' && arriving.total === null ? 'waiting' : ARRIVING[arriving.state],
            done: arriving.done,
            total: arriving.total,
            failure: arriving.failure === null ? null : JSON.parse(arriving.failure),
          },
    leaving:
      leaving === undefined
        ? null
        : {
            device: DeviceId.parse(leaving.device),
            state: leaving.stopped === 1 ? 'stopped' : 'leaving',
            done: leaving.done,
            total: leaving.total,
          },
  }
}

interface Cancelling extends Cancellation {
  abort(): void
}

/** The engine has no AbortController of its own. */
function createCancellation(): Cancelling {
  const heard = new Set<() => void>()
  let aborted = false
  return {
    get aborted() {
      return aborted
    },
    addEventListener: (_, run) => void heard.add(run),
    removeEventListener: (_, run) => void heard.delete(run),
    abort() {
      if (aborted) return
      aborted = true
      for (const run of [...heard]) run()
    },
  }
}
