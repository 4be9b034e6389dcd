// What a bench is: pairs of measurements, floor and product by turns in one run, of which the ratio counts.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Both in the same unit; the product is to be at most goal times the floor. */
export interface Pair {
  floor: number
  product: number
}

export interface Measure {
  name: string
  /** What the two numbers are, in words: for the table. */
  unit: string
  /** Of the median of the ratios. Undefined: for information. */
  goal: number | undefined
}

export interface Bench {
  measures: readonly Measure[]
  /** Makes what it needs. `pair` measures floor and product once, one after the other, for each measure. */
  open(): Promise<{ pair(): Promise<readonly Pair[]>; close(): Promise<void> }>
}

/**
 * Milliseconds of processor time that this process spent in work, user and system, all threads. Freeing what it leaves
 * behind counts, too: libsignal's objects are freed long after, and would be charged to what is measured next. Finding
 * them, which is done here for all at once, does not count.
 */
export async function processorTime(work: () => Promise<void> | void): Promise<number> {
  await freeing()
  const worked = await spent(async () => work())
  return worked + (await freeing())
}

async function spent(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** What frees them runs in the turns behind the collection. */
function freeing(): Promise<number> {
  collectGarbage()
  return spent(async () => {
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
  })
}

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}
