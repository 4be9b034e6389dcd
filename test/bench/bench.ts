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
 * Milliseconds of processor time that this process spent in work, user and system, all threads. What it leaves behind is
 * cleared away on its own account: libsignal's objects are freed long after the work, and would be charged to what is
 * measured next. What clearing away costs when there is nothing is taken off.
 */
export async function processorTime(work: () => Promise<void> | void): Promise<number> {
  await clearAway()
  const worked = await spent(async () => {
    await work()
    await clearAway()
  })
  return worked - (await spent(clearAway))
}

async function spent(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** Twice: what the first finds dead is freed in the turns behind it. */
async function clearAway(): Promise<void> {
  for (let round = 0; round < 2; round++) {
    collectGarbage()
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
}

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}
