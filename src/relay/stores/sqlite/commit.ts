// Group commit: what is written in the same turn of the event loop goes to the disk together, and is answered after. What nobody
// waits for goes along.

import { type Sql, SqlFailure } from '../../../shared/sql.ts'
import type { WriteName } from '../../crash-points.ts'
import { DELIVERY_WINDOW } from '../../limits.ts'
import type { Clock, Crash } from '../../ports.ts'
import { StoreUnavailable } from '../../store.ts'

export interface GroupCommit {
  /** Resolves when what `work` did is on the disk. `work` may run twice: it must do nothing but SQL. */
  write<T>(name: WriteName, work: () => T): Promise<T>
  /** The same, of what nobody waits for: it goes with what is written next, and otherwise a little later. `items`: how much it is. */
  writeInCompany<T>(name: WriteName, items: number, work: () => T): Promise<T>
  /** Commits what waits. Nothing is taken afterwards. */
  close(): void
}

interface Write<T = unknown> {
  name: WriteName
  work: () => T
  /** Inside the transaction. */
  result: T | undefined
  resolve: (result: T) => void
  reject: (error: unknown) => void
}

export interface GroupCommitParts {
  /** Writes what was gathered. */
  beforeCommit(): void
  /** What was done in the transaction does not count. */
  afterRollback(): void
  crash: Crash | undefined
  /** Without it nothing waits for company. */
  clock: Pick<Clock, 'after'> | undefined
}

/** In milliseconds. */
const COMPANY_WITHIN = 8
/** Items that need no company: half of what a device may leave unacknowledged before it gets no more. */
const COMPANY_ENOUGH = DELIVERY_WINDOW / 2

export function createGroupCommit(
  sql: Sql,
  { beforeCommit, afterRollback, crash, clock }: GroupCommitParts,
): GroupCommit {
  let waiting: Write[] = []
  let items = 0
  let isDue = false
  let cancelLater: (() => void) | undefined
  let closed = false

  function commit(writes: readonly Write[]): void {
    try {
      sql.transaction(() => {
        for (const write of writes) write.result = write.work()
        beforeCommit()
        if (crash !== undefined) for (const { name } of writes) crash(`${name}:before-commit`)
      })
    } catch (error) {
      afterRollback()
      // Each again by itself, so that one that fails takes no other with it.
      if (writes.length > 1) for (const write of writes) commit([write])
      else writes[0]?.reject(asUnavailable(error))
      return
    }
    if (crash !== undefined) for (const { name } of writes) crash(`${name}:after-commit`)
    for (const { resolve, result } of writes) resolve(result)
  }

  function commitWaiting(): void {
    const writes = waiting
    waiting = []
    items = 0
    isDue = false
    cancelLater?.()
    cancelLater = undefined
    if (writes.length > 0) commit(writes)
  }

  function commitSoon(): void {
    if (isDue) return
    isDue = true
    setImmediate(commitWaiting)
  }

  function wait<T>(name: WriteName, work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (closed) reject(new StoreUnavailable('closed'))
      else waiting.push({ name, work, result: undefined, resolve, reject } satisfies Write<T> as Write)
    })
  }

  return {
    write: (name, work) => {
      commitSoon()
      return wait(name, work)
    },
    writeInCompany: (name, more, work) => {
      items += more
      if (clock === undefined || items >= COMPANY_ENOUGH) commitSoon()
      else if (!isDue) cancelLater ??= clock.after(COMPANY_WITHIN, commitWaiting)
      return wait(name, work)
    },
    close: () => {
      commitWaiting()
      closed = true
    },
  }
}

function asUnavailable(error: unknown): unknown {
  const passing = error instanceof SqlFailure && (error.kind === 'full' || error.kind === 'busy')
  return passing ? new StoreUnavailable(error.kind, { cause: error }) : error
}
