// What taking in a backlog costs, how fast it is, and whether a window would stand still meanwhile.
//
// incoming: processor time without the decryption, beside a bare SQLCipher insert of the same rows (message, session record,
// hash of what was seen), as many to a transaction as the product had; the decryption is measured alone, with stores in
// memory, and taken off the product. backlog: the time 5,000 messages take beside what 2,500 a second would. stall: the
// longest time that the event loop did not turn, beside 50 ms.

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { decodeClientFrame, encodeRelayFrame } from '../../src/protocol/frames.ts'
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
/** Milliseconds from one look at the event loop to the next. */
const TICK = 5
const TEXT = 'Shall we have tea at five, under the big tree, as we said? '.repeat(3)
/** What a relay pushes in one frame, and has under way at most [P53]. */
const A_FRAME = 64
const UNDER_WAY = 512

interface Backlog {
  ciphertexts: Uint8Array<ArrayBuffer>[]
  /** As the relay pushes them. */
  frames: Uint8Array<ArrayBuffer>[]
}

export const receive: Bench = {
  measures: [
    { name: 'incoming', unit: 'ms CPU per 1,000, without decryption', goal: 1.3 },
    { name: 'backlog', unit: 's for 5,000 (floor: at 2,500/s)', goal: 1 },
    { name: 'stall', unit: 'ms at most (floor: 50)', goal: 1 },
  ],
  async open() {
    const people = await makeAcquaintances()
    const backlog = await written(people)
    return {
      async pair() {
        const product = await takeIn(people, backlog)
        const decryption = await decrypt(people, backlog)
        const insertion = await insert(people, backlog, product.batches)
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
async function written({ alice, bob, folder, relay: url }: Acquaintances): Promise<Backlog> {
  const relay = createInstantRelay({ keepSubmissions: true })
  const desk = await openDesk(copyDatabase(alice.file, join(folder, 'writing.db')), relay, url)
  await isOnline(desk)
  const conversation = personConversation(bob.account)
  for (let index = 0; index < MESSAGES; index++)
    value(await desk.messenger.handlers.sendMessage({ conversation, text: `${index} ${TEXT}` }))
  await until(() => relay.submissions.length === MESSAGES, 'all is submitted', 60_000)
  await desk.close()
  const envelopes = relay.submissions.map((frame, index) => {
    const body = decodeClientFrame(frame)?.body
    const content = body?.case === 'submit' ? body.value.envelopes[0]?.content : undefined
    if (body?.case !== 'submit' || content === undefined) throw new Error('a submission without envelope')
    return {
      position: BigInt(index + 1),
      submission: body.value.submission,
      sender: uuidToBytes(alice.account),
      senderDevice: 1,
      type: EnvelopeType.MESSAGE,
      content: new Uint8Array(content),
      timeMs: BigInt(Date.now()),
    }
  })
  const frames: Backlog['frames'] = []
  for (let at = 0; at < envelopes.length; at += A_FRAME)
    frames.push(encodeRelayFrame(0, { case: 'deliver', value: { envelopes: envelopes.slice(at, at + A_FRAME) } }))
  return { ciphertexts: envelopes.map(({ content }) => content), frames }
}

async function takeIn({ alice, bob, folder, relay: url }: Acquaintances, { frames }: Backlog) {
  const relay = createInstantRelay({ keepSubmissions: false })
  const desk = await openDesk(copyDatabase(bob.file, join(folder, 'reading.db')), relay, url)
  await isOnline(desk)
  const conversation = personConversation(alice.account)
  const stored = () =>
    desk.sql.get<{ last: number }>('SELECT last_position AS last FROM conversations WHERE id = ?', [conversation])
      ?.last ?? 0
  const before = stored()
  const batches: number[] = []
  const watch = watchLoop()
  const processor = await processorTime(async () => {
    watch.start()
    await new Promise<void>((resolve) => {
      let pushed = 0
      let acknowledged = 0
      relay.onAcknowledged = (count) => {
        acknowledged += count
        batches.push(...(count === 0 ? [] : [count]))
        while (pushed < frames.length && (pushed + 1) * A_FRAME - acknowledged <= UNDER_WAY)
          relay.push(frames[pushed++])
        if (acknowledged === MESSAGES) resolve()
      }
      relay.onAcknowledged(0)
    })
    watch.stop()
  })
  const { seconds, stall } = watch
  if (stored() - before !== MESSAGES) throw new Error('a message was lost on the bench')
  await desk.close()
  return { processor, seconds, stall, batches }
}

/** How long it took, and the longest time the loop did not turn: by monitorEventLoopDelay, and by an ordinary timer
 * beside it, because the former may sleep through what happens between two of its own. */
function watchLoop() {
  const delay = monitorEventLoopDelay({ resolution: TICK })
  let ticking: NodeJS.Timeout
  let started = 0
  let last = 0
  const watch = {
    seconds: 0,
    stall: 0,
    start() {
      delay.enable()
      started = last = performance.now()
      ticking = setInterval(look, TICK)
    },
    stop() {
      look()
      clearInterval(ticking)
      delay.disable()
      watch.seconds = (performance.now() - started) / 1000
      watch.stall = Math.max(watch.stall, delay.max / 1e6)
    },
  }
  function look() {
    const now = performance.now()
    watch.stall = Math.max(watch.stall, now - last - TICK)
    last = now
  }
  return watch
}

function decrypt({ alice, bob, folder }: Acquaintances, { ciphertexts }: Backlog): Promise<number> {
  const session = new BareSession(copyDatabase(bob.file, join(folder, 'bare.db')), bob.account, alice.account)
  return processorTime(async () => {
    for (const ciphertext of ciphertexts) await session.decrypt(ciphertext)
  })
}

async function insert(
  { alice, bob, folder }: Acquaintances,
  { ciphertexts }: Backlog,
  batches: readonly number[],
): Promise<number> {
  const record = new BareSession(copyDatabase(bob.file, join(folder, 'bare.db')), bob.account, alice.account).record()
  const tables = new BareTables(join(folder, 'tables.db'))
  const milliseconds = await processorTime(() => {
    let at = 0
    for (const size of batches) {
      const batch = ciphertexts.slice(at, at + size)
      tables.commit(() => {
        for (const ciphertext of batch) {
          tables.message(`${at} ${TEXT}`)
          tables.seen(new Uint8Array(createHash('sha256').update(ciphertext).digest()))
        }
        tables.session(record)
      })
      at += size
    }
  })
  tables.close()
  return milliseconds
}
