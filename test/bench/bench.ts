// What a bench is: pairs of measurements, floor and product by turns in one run, of which the ratio counts.

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

/** Milliseconds of processor time that this process spent in work, user and system, all threads. */
export async function processorTime(work: () => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}
