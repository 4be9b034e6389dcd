// Two contenders by turns, A B A B, and the median of their ratios: what else the machine does meets both alike.

import { median } from '../bench.ts'

export interface Comparison {
  what: string
  /** Of the second to the first, one for each pair of runs. */
  ratios: readonly number[]
  /** A median above it is a failure, or below it where more is better. */
  goal: number
  moreIsBetter?: boolean
}

export async function byTurns<T>(times: number, first: () => Promise<T>, second: () => Promise<T>): Promise<[T, T][]> {
  const pairs: [T, T][] = []
  for (let run = 0; run < times; run++) pairs.push([await first(), await second()])
  return pairs
}

export function isMet({ ratios, goal, moreIsBetter = false }: Comparison): boolean {
  return moreIsBetter ? median(ratios) >= goal : median(ratios) <= goal
}

/** A line of a Markdown table. */
export function line(comparison: Comparison): string {
  const { what, ratios, goal, moreIsBetter } = comparison
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)]
  const range = `${least.toFixed(2)}–${most.toFixed(2)}`
  const asked = `${moreIsBetter ? '≥' : '≤'} ${goal}`
  return `| ${what} | ${median(ratios).toFixed(2)} | ${range} | ${asked} | ${isMet(comparison) ? 'yes' : 'no'} |`
}
