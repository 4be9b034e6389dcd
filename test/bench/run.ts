// Runs benches and prints a table of ratios: npm run bench [-- --only NAME,NAME --pairs N --json FILE]
//
// Ends with 1 if a median is over its goal.

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Bench, type Measure, median, type Pair } from './bench.ts'
import { endToEnd } from './end-to-end.ts'
import { crowdSend } from './groups/crowd-send.ts'
import { peers } from './groups/peers.ts'
import { vault } from './groups/vault.ts'
import { receive } from './receive.ts'
import { relay } from './relay.ts'
import { send } from './send.ts'
import { start } from './start.ts'

const benches: Record<string, Bench> = {
  send,
  receive,
  'end-to-end': endToEnd,
  relay,
  start,
  groups: crowdSend,
  vault,
  peers,
}

interface Row extends Measure {
  floor: number
  product: number
  least: number
  ratio: number
  most: number
  verdict: 'ok' | 'over' | ''
}

const { values } = parseArgs({
  options: { only: { type: 'string' }, pairs: { type: 'string', default: '5' }, json: { type: 'string' } },
})
const chosen = values.only?.split(',') ?? Object.keys(benches)
const unknown = chosen.filter((name) => !(name in benches))
if (unknown.length > 0) throw new Error(`no bench is called ${unknown.join(', ')}; there are ${Object.keys(benches)}`)
const pairs = Number(values.pairs)
if (!(pairs >= 1)) throw new Error('--pairs takes a number')

const rows: Row[] = []
for (const name of chosen) {
  const bench = benches[name]
  if (bench !== undefined) rows.push(...(await measured(name, bench)))
}
console.table(rows.map(forTable))
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, undefined, 2)}\n`)
process.exitCode = rows.some(({ verdict }) => verdict === 'over') ? 1 : 0

/** One pair to warm up, which does not count. */
async function measured(name: string, bench: Bench): Promise<Row[]> {
  const open = await bench.open()
  try {
    await open.pair()
    const runs: (readonly Pair[])[] = []
    for (let run = 1; run <= pairs; run++) {
      const pair = await open.pair()
      runs.push(pair)
      console.log(
        `${name} ${run}/${pairs}: ${pair.map(({ floor, product }) => (product / floor).toFixed(2)).join(' ')}`,
      )
    }
    return bench.measures.map((measure, index) =>
      summarised(
        measure,
        runs.flatMap((run) => run[index] ?? []),
      ),
    )
  } finally {
    await open.close()
  }
}

function summarised(measure: Measure, runs: readonly Pair[]): Row {
  const ratios = runs.map(({ floor, product }) => product / floor)
  const ratio = median(ratios)
  return {
    ...measure,
    floor: median(runs.map(({ floor }) => floor)),
    product: median(runs.map(({ product }) => product)),
    least: Math.min(...ratios),
    ratio,
    most: Math.max(...ratios),
    // Without a floor, where a peer does not install, there is nothing to say.
    verdict: measure.goal === undefined || Number.isNaN(ratio) ? '' : ratio <= measure.goal ? 'ok' : 'over',
  }
}

function forTable({ name, unit, goal, floor, product, least, ratio, most, verdict }: Row) {
  const short = (value: number) => Number(value.toPrecision(3))
  return {
    name,
    unit,
    floor: short(floor),
    product: short(product),
    'ratio (min/median/max)': `${least.toFixed(2)} / ${ratio.toFixed(2)} / ${most.toFixed(2)}`,
    goal: goal === undefined ? '' : `≤ ${goal}`,
    verdict,
  }
}
