// What taking in a backlog costs, how fast it is, and whether a window would stand still meanwhile.
//
// incoming: processor time without the decryption, beside a bare SQLCipher insert of the same rows (message, session record,
// hash of what was seen), as many to a transaction as the product had; the decryption is measured alone, with stores in
// memory, and taken off the product. backlog: the time 5,000 messages take beside what 2,500 a second would. stall: the
// longest time that the event loop did not turn, beside 50 ms.

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { decodeClientFrame } from '../../src/protocol/frames.ts'
import { EnvelopeType } from '../../src/protocol/generated/relay_pb.ts'
import { personConversation, uuidToBytes } from '../../src/shared/ids.ts'
import { until } from '../until.ts'
import { type Acquaintances, copyDatabase, isOnline, makeAcquaintances, openDesk, value } from './acquaintances.ts'
import { BareSession } from './bare-session.ts'
import { BareTables } from './bare-tables.ts'
import { type Bench, processorTime } from './bench.ts'
import { createInstantRelay } from './instant-relay.ts'

const MESSAGES = 5_000
const PER_SECOND = 2_500
const LONGEST_STALL = 50
const TEXT = 'Shall we have tea at five, under the big tree, as we said? '.repeat(3)
/** What a relay pushes in one frame, and has under way at most [P53]. */
const A_FRAME = 64
const UNDER_WAY = 512

interface Envelope {
  submission: Uint8Array<ArrayBuffer>
  content: Uint8Array<ArrayBuffer>
}

export const receive: Bench = {
  measures: [
    { name: 'incoming', unit: 'ms CPU per 1,000, without decryption', goal: 1.3 },
    { name: 'backlog', unit: 's for 5,000 (floor: at 2,500/s)', goal: 1 },
    { name: 'stall', unit: 'ms at most (floor: 50)', goal: 1 },
  ],
  async open() {
    const people = await makeAcquaintances()
    const envelopes = await written(people)
    return {
      async pair() {
        const product = await takeIn(people, envelopes)
        const decryption = await decrypt(people, envelopes)
        const insertion = await insert(people, envelopes, product.batches)
        const perThousand = (milliseconds: number) => (milliseconds * 1000) / MESSAGES
        return [
          { floor: perThousand(insertion), product: perThousand(product.processor - decryption) },
          { floor: MESSAGES / PER_SECOND, product: product.seconds },
          { floor: LONGEST_STALL, product: product.stall },
        ]
      },
      close: async () => people.close(),
    }
  },
}

/** What Alice says to Bob while he is away. */
async function written({ alice, bob, folder, relay: url }: Acquaintances): Promise<Envelope[]> {
  const relay = createInstantRelay({ keepSubmissions: true })
  const desk = await openDesk(copyDatabase(alice.file, join(folder, 'writing.db')), relay, url)
  await isOnline(desk)
  const conversation = personConversation(bob.account)
  for (let index = 0; index < MESSAGES; index++)
    value(await desk.messenger.handlers.sendMessage({ conversation, text: `${index} ${TEXT}` }))
  await until(() => relay.submissions.length === MESSAGES, 'all is submitted', 60_000)
  await desk.close()
  return relay.submissions.map((frame) => {
    const body = decodeClientFrame(frame)?.body
    const content = body?.case === 'submit' ? body.value.envelopes[0]?.content : undefined
    if (body?.case !== 'submit' || content === undefined) throw new Error('a submission without envelope')
    return { submission: new Uint8Array(body.value.submission), content: new Uint8Array(content) }
  })
}

async function takeIn({ alice, bob, folder, relay: url }: Acquaintances, envelopes: readonly Envelope[]) {
  const relay = createInstantRelay({ keepSubmissions: false })
  const desk = await openDesk(copyDatabase(bob.file, join(folder, 'reading.db')), relay, url)
  await isOnline(desk)
  const conversation = personConversation(alice.account)
  const stored = () =>
    desk.sql.get<{ last: number }>('SELECT last_position AS last FROM conversations WHERE id = ?', [conversation])
      ?.last ?? 0
  const before = stored()
  const delay = monitorEventLoopDelay({ resolution: 5 })
  const ticker = watchTicks()
  delay.enable()
  const started = performance.now()
  const processor = await processorTime(async () => {
    let pushed = 0
    const push = () => {
      const acknowledged = relay.acknowledged.reduce((sum, count) => sum + count, 0)
      while (pushed < envelopes.length && pushed - acknowledged < UNDER_WAY) {
        const sender = uuidToBytes(alice.account)
        const some = envelopes.slice(pushed, pushed + A_FRAME).map(({ submission, content }, index) => ({
          position: BigInt(pushed + index + 1),
          submission,
          sender,
          senderDevice: 1,
          type: EnvelopeType.MESSAGE,
          content,
          timeMs: BigInt(Date.now()),
        }))
        pushed += some.length
        relay.push({ case: 'deliver', value: { envelopes: some } })
      }
      return acknowledged === envelopes.length
    }
    await until(push, 'all is acknowledged', 60_000)
  })
  const seconds = (performance.now() - started) / 1000
  delay.disable()
  const stall = Math.max(delay.max / 1e6, ticker.stop())
  if (stored() - before !== envelopes.length) throw new Error('a message was lost on the bench')
  await desk.close()
  return { processor, seconds, stall, batches: relay.acknowledged }
}

/** Beside monitorEventLoopDelay, which misses what happens between two of its timers: the longest turn of the loop. */
function watchTicks() {
  let longest = 0
  let last = performance.now()
  let over = false
  const tick = () => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
    if (!over) setImmediate(tick)
  }
  setImmediate(tick)
  return {
    stop: () => {
      over = true
      return longest
    },
  }
}

function decrypt({ alice, bob, folder }: Acquaintances, envelopes: readonly Envelope[]): Promise<number> {
  const session = new BareSession(copyDatabase(bob.file, join(folder, 'bare.db')), bob.account, alice.account)
  return processorTime(async () => {
    for (const { content } of envelopes) await session.decrypt(content)
  })
}

async function insert(
  { alice, bob, folder }: Acquaintances,
  envelopes: readonly Envelope[],
  batches: readonly number[],
): Promise<number> {
  const record = new BareSession(copyDatabase(bob.file, join(folder, 'bare.db')), bob.account, alice.account).record()
  const tables = new BareTables(join(folder, 'tables.db'))
  const milliseconds = await processorTime(() => {
    let at = 0
    for (const size of batches) {
      const batch = envelopes.slice(at, at + size)
      tables.commit(() => {
        for (const { content } of batch) {
          tables.message(`${at} ${TEXT}`)
          tables.seen(new Uint8Array(createHash('sha256').update(content).digest()))
        }
        tables.session(record)
      })
      at += size
    }
  })
  tables.close()
  return milliseconds
}
