// An id that is in the large table is never taken for one that is not, however much was read, added and forgotten in between.

import { randomBytes, randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { createAbsentIds } from '../../src/relay/stores/sqlite/absent-ids.ts'
import { AccountId } from '../../src/shared/ids.ts'

const pairs = Array.from({ length: 6 }, (_, account) => ({ account, sender: AccountId.parse(randomUUID()) }))

/** What the large table has of each pair. */
function makeTable() {
  const table = new Map(pairs.map((pair) => [pair, [] as Uint8Array[]]))
  let reads = 0
  return {
    of: (pair: (typeof pairs)[number]) => table.get(pair) ?? [],
    read: (pair: (typeof pairs)[number]) => (most: number) => {
      reads += 1
      return (table.get(pair) ?? []).slice(0, most)
    },
    reads: () => reads,
  }
}

test('[S4] what is in the table is never absent, with room for all or for few', () => {
  for (const [mostIds, mostPairs] of [
    [100_000, 100],
    [50, 100],
    [100_000, 3],
    [7, 2],
  ]) {
    const table = makeTable()
    const absent = createAbsentIds(mostIds, mostPairs)
    for (let round = 0; round < 2000; round++) {
      const pair = pairs[(round * round) % pairs.length] ?? pairs[0]
      if (pair === undefined) throw new Error('no pair')
      const ids = table.of(pair)
      const old = ids[(round * 7) % Math.max(1, ids.length)]
      if (old !== undefined) expect(absent.isAbsent(pair, old, table.read(pair))).toBe(false)
      const fresh = randomBytes(16)
      absent.isAbsent(pair, fresh, table.read(pair))
      if (round % 3 > 0) continue
      absent.add(fresh)
      ids.push(fresh)
    }
  }
})

test('[S4] with room for all, what was never there is known to be absent once all of a pair were read', () => {
  const table = makeTable()
  const [pair] = pairs
  if (pair === undefined) throw new Error('no pair')
  for (let there = 0; there < 1000; there++) table.of(pair).push(randomBytes(16))
  const absent = createAbsentIds()
  const found = Array.from({ length: 1000 }, () => absent.isAbsent(pair, randomBytes(16), table.read(pair)))
  expect(found.slice(0, 255).every((isAbsent) => !isAbsent)).toBe(true)
  expect(found.slice(255).filter((isAbsent) => isAbsent).length).toBeGreaterThan(735)
  expect(table.reads()).toBe(9)
})
