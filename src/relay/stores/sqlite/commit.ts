// Group commit: what is written in the same turn of the event loop goes to the disk together, and is answered after.

import { type Sql, SqlFailure } from '../../../shared/sql.ts'
import type { WriteName } from '../../crash-points.ts'
import type { Crash } from '../../ports.ts'
import { StoreUnavailable } from '../../store.ts'

export interface GroupCommit {
  /** Resolves when what `work` did is on the disk. `work` may run twice: it must do nothing but SQL. */
  write<T>(name: WriteName, work: () => T): Promise<T>
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

/** `beforeCommit` writes what was gathered, `afterRollback` is called when what was done in a transaction does not count. */
export function createGroupCommit(
  sql: Sql,
  { beforeCommit, afterRollback, crash }: { beforeCommit(): void; afterRollback(): void; crash: Crash | undefined },
): GroupCommit {
  let waiting: Write[] = []
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
    if (writes.length > 0) commit(writes)
  }

  return {
    write: <T>(name: WriteName, work: () => T) =>
      new Promise<T>((resolve, reject) => {
        if (closed) return reject(new StoreUnavailable('closed'))
        waiting.push({ name, work, result: undefined, resolve, reject } satisfies Write<T> as Write)
        if (waiting.length === 1) setImmediate(commitWaiting)
      }),
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
