// `npm run bench:relay`: what the relay costs, as ratios to bare servers measured in the same run. Linux only.
// `npm run bench:relay -- --only cost,latency,drain,cluster,flat,group,idle,peers --runs 5`

import { parseArgs } from 'node:util'
import { exitWith } from '../../../scripts/run.ts'
import { ensureSystem, needs } from '../../../scripts/system.ts'
import { type PostgresServer, startPostgres } from '../../relay/postgres-server.ts'
import { byTurns, type Comparison, isMet, line } from './compare.ts'
import { referenceInFile, referencesOn, relayInFile, relaysOn, type Start, whileRunning } from './contenders.ts'
import { costOfReference, costOfRelay } from './fan-out.ts'
import { measureIdle } from './idle.ts'
import { type Cost, LOAD, type Load, measureCost, measureDrain, measureLatency } from './measures.ts'
import { ejabberd, prosody } from './peers.ts'

const PER_SECOND = 250
const BACKLOG = 10_000
const IDLE_SOCKETS = 10_000
/** They take seconds for what the relay does in one. */
const FOR_PEERS: Load = { messages: 3_000, warmUp: 1_000 }

const ratios = <T>(pairs: readonly [T, T][], of: (value: T) => number) =>
  pairs.map(([first, second]) => of(second) / of(first))

const costOf =
  (start: Start, load: Load = LOAD) =>
  () =>
    whileRunning(start, async (running) => {
      const cost = await measureCost(running, load)
      console.log(`  ${cost.processor.toFixed(1)} ms per 1,000, ${cost.perSecond.toFixed(0)} a second`)
      return cost
    })

/** More is better: how many times as much the relay does, and how many times as much the other one takes. */
function besides(peer: string, pairs: readonly [Cost, Cost][], goals: { perSecond?: number; processor: number }) {
  const found: Comparison[] = []
  if (goals.perSecond !== undefined)
    found.push({
      what: `messages a second, to ${peer}`,
      ratios: ratios(pairs, ({ perSecond }) => perSecond),
      goal: goals.perSecond,
      moreIsBetter: true,
    })
  found.push({
    what: `processor time a message of ${peer}, to the relay’s`,
    ratios: ratios(pairs, ({ processor }) => 1 / processor),
    goal: goals.processor,
    moreIsBetter: true,
  })
  return found
}

type Bench = (runs: number, postgres: () => Promise<PostgresServer>) => Promise<Comparison[]>

const benches: Record<string, Bench> = {
  cost: async (runs) => {
    const pairs = await byTurns(runs, costOf(referenceInFile), costOf(relayInFile))
    return [{ what: 'processor time a message', ratios: ratios(pairs, ({ processor }) => processor), goal: 1.3 }]
  },

  latency: async (runs) => {
    const latency = (start: Start) => () =>
      whileRunning(start, async ({ pairs }) => {
        const found = await measureLatency(pairs, PER_SECOND, 8 * PER_SECOND)
        console.log(`  half within ${found.half.toFixed(2)} ms, 99 % within ${found.most.toFixed(2)} ms`)
        return found
      })
    const pairs = await byTurns(runs, latency(referenceInFile), latency(relayInFile))
    return [
      { what: `half of the messages, at ${PER_SECOND} a second`, ratios: ratios(pairs, ({ half }) => half), goal: 1.3 },
      { what: `99 of 100, at ${PER_SECOND} a second`, ratios: ratios(pairs, ({ most }) => most), goal: 2 },
    ]
  },

  drain: async (runs) => {
    const drain = (start: Start) => () =>
      whileRunning(start, async ({ pairs: [pair] }) => {
        if (pair === undefined) throw new Error('no pair')
        const milliseconds = await measureDrain(pair, BACKLOG)
        console.log(`  ${BACKLOG} in ${milliseconds.toFixed(0)} ms`)
        return milliseconds
      })
    const pairs = await byTurns(runs, drain(referenceInFile), drain(relayInFile))
    return [{ what: `a backlog of ${BACKLOG}`, ratios: ratios(pairs, (milliseconds) => milliseconds), goal: 1.5 }]
  },

  cluster: async (runs, postgres) => {
    const server = await postgres()
    const pairs = await byTurns(runs, costOf(referencesOn(server, 2)), costOf(relaysOn(server, 2)))
    return [
      {
        what: 'two relays and PostgreSQL, processor time',
        ratios: ratios(pairs, ({ processor }) => processor),
        goal: 1.2,
      },
    ]
  },

  flat: async (runs, postgres) => {
    const server = await postgres()
    const costs: Cost[][] = []
    for (let run = 0; run < runs; run++)
      costs.push([
        await costOf(relaysOn(server, 1))(),
        await costOf(relaysOn(server, 2))(),
        await costOf(relaysOn(server, 4))(),
      ])
    const to = (more: number, fewer: number) =>
      costs.map((row) => (row[more]?.processor ?? 0) / (row[fewer]?.processor ?? 1))
    return [
      { what: 'a message at two relays to one at one', ratios: to(1, 0), goal: 1.1 },
      { what: 'a message at four relays to one at one', ratios: to(2, 0), goal: 1.1 },
      { what: 'a message at four relays to one at two', ratios: to(2, 1), goal: 1.1 },
    ]
  },

  group: async (runs) => {
    const pairs = await byTurns(runs, costOfReference, costOfRelay)
    return [
      { what: 'processor time of a message to a group of 1,000', ratios: ratios(pairs, (cost) => cost), goal: 1.3 },
    ]
  },

  idle: async () => {
    const bytes = await measureIdle(IDLE_SOCKETS)
    return [{ what: `MB per 1,000 of ${IDLE_SOCKETS} idle devices`, ratios: [bytes / 1e6], goal: 12 }]
  },

  peers: async (runs) => {
    if (!ensureSystem(needs.peers)) {
      console.log('  SKIPPED: ejabberd and prosody are not installed')
      return []
    }
    const relay = costOf(relayInFile)
    const ofEjabberd = await byTurns(runs, costOf(ejabberd, FOR_PEERS), relay)
    const ofProsody = await byTurns(runs, costOf(prosody, FOR_PEERS), relay)
    return [
      ...besides('ejabberd with its archive in PostgreSQL', ofEjabberd, { perSecond: 12, processor: 20 }),
      ...besides('prosody with its archive', ofProsody, { processor: 15 }),
    ]
  },
}

async function run(): Promise<number> {
  const { values } = parseArgs({ options: { only: { type: 'string' }, runs: { type: 'string', default: '5' } } })
  if (!ensureSystem(needs.postgres)) return 1
  const chosen = values.only?.split(',') ?? Object.keys(benches)
  let server: PostgresServer | undefined
  const postgres = async () => {
    server ??= await startPostgres()
    return server
  }
  const found: Comparison[] = []
  try {
    for (const [name, bench] of Object.entries(benches)) {
      if (!chosen.includes(name)) continue
      console.log(name)
      found.push(...(await bench(Number(values.runs), postgres)))
    }
  } finally {
    await server?.stop()
  }
  console.log(
    ['', '| what, as a ratio to the bare server | median | range | goal | met |', '| --- | --- | --- | --- | --- |']
      .concat(found.map(line))
      .join('\n'),
  )
  return found.every(isMet) ? 0 : 1
}

await exitWith(run().finally(() => setImmediate(() => process.exit())))
