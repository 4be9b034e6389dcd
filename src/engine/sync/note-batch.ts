// Notes that the relay has taken something: several are one commit. A crash before it costs nothing: what is sent again is
// taken again, and answered as before [P51][P121].

import type { Instant } from '../../shared/ids.ts'
import type { Clock } from '../ports.ts'

export interface Note<Row> {
  row: Row
  at: Instant
}

export interface NoteBatch<Row, Lane> {
  note(row: Row, at: Instant): void
  /** The id of the last one of a lane that was taken, 0 if all is noted: the next to leave comes after it. */
  last(lane: Lane): number
  write(): void
}

/** Notes in one commit, at most; and how long the first may wait for more, in milliseconds: a person waits for the tick. */
const MOST = 64
const LONGEST = 100

/** `commit` is given one note or more. If it throws, they are gone, and what they were about is sent again. */
export function createNoteBatch<Row extends { id: number }, Lane>(
  clock: Clock,
  laneOf: (row: Row) => Lane,
  commit: (notes: readonly Note<Row>[]) => void,
): NoteBatch<Row, Lane> {
  let notes: Note<Row>[] = []
  const last = new Map<Lane, number>()
  let since = 0

  function write(): void {
    if (notes.length === 0) return
    const written = notes
    notes = []
    last.clear()
    commit(written)
  }

  return {
    note(row, at) {
      if (notes.length === 0) since = clock.monotonic()
      notes.push({ row, at })
      last.set(laneOf(row), row.id)
      if (notes.length >= MOST || clock.monotonic() - since >= LONGEST) write()
    },
    last: (lane) => last.get(lane) ?? 0,
    write,
  }
}
