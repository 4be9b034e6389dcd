// From saying something to its row in the other's database, beside the sum of its parts.
//
// Floor: an encryption and a commit of the rows; a round trip through a bare WebSocket server that commits (SQLite, FULL);
// a decryption and a commit. Each message of the floor is followed by one of the product: who writes, the real relay and who
// reads are a process each, as they are in life, so that what one of them notes afterwards does not hold up another; p50 of
// both.

import { fork, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'
import { systemClock } from '../../src/host/clock.ts'
import { createWire } from '../../src/host/wire.ts'
import { pad } from '../../src/protocol/padding.ts'
import { personConversation } from '../../src/shared/ids.ts'
import { type Acquaintances, copyDatabase, isOnline, makeAcquaintances, openDesk, value } from './acquaintances.ts'
import { BareSession } from './bare-session.ts'
import { BareTables } from './bare-tables.ts'
import { type Bench, median } from './bench.ts'

const MESSAGES = 150
const TEXT = 'Shall we have tea at five, under the big tree, as we said? '.repeat(3)
const CONTENT_BYTES = TEXT.length + 150

export const endToEnd: Bench = {
  measures: [{ name: 'end to end', unit: 'ms p50, said to stored', goal: 1.5 }],
  async open() {
    const people = await makeAcquaintances()
    const bare = await openBareLine(people)
    const line = await openLine(people)
    return {
      async pair() {
        const floors: number[] = []
        const products: number[] = []
        for (let index = 0; index < MESSAGES; index++) {
          floors.push(await timed(() => bare.say()))
          await bare.quiet()
          products.push(await line.say())
          // Receipts and acknowledgements are none of its parts: they are over before the next begins.
          await line.quiet()
        }
        return [{ floor: median(floors), product: median(products) }]
      },
      close: async () => {
        await line.close()
        bare.close()
        people.close()
      },
    }
  },
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

async function openLine({ alice, bob, folder, relay }: Acquaintances) {
  const wire = createWire(systemClock)
  const ofAlice = await openDesk(copyDatabase(alice.file, join(folder, 'alice-here.db')), wire, relay)
  const ofBob = fork(join(import.meta.dirname, 'reader.ts'), [
    copyDatabase(bob.file, join(folder, 'bob-here.db')),
    relay,
  ])
  let stored: (at: bigint) => void = () => {}
  await new Promise<void>((resolve) =>
    ofBob.on('message', (told: { ready: true } | { storedAt: string }) => {
      if ('ready' in told) resolve()
      else stored(BigInt(told.storedAt))
    }),
  )
  await isOnline(ofAlice)
  let confirmed = () => {}
  let delivered = Promise.resolve()
  ofAlice.messenger.onChange(({ changes }) => {
    if (changes.some((change) => change.kind === 'message' && change.message.delivery?.state === 'delivered'))
      confirmed()
  })
  const conversation = personConversation(bob.account)
  return {
    /** Milliseconds until it was stored. */
    async say(): Promise<number> {
      delivered = new Promise((resolve) => {
        confirmed = resolve
      })
      const arrived = new Promise<bigint>((resolve) => {
        stored = resolve
      })
      const said = process.hrtime.bigint()
      value(await ofAlice.messenger.handlers.sendMessage({ conversation, text: TEXT }))
      return Number((await arrived) - said) / 1e6
    },
    quiet: () => delivered,
    close: async () => {
      ofBob.kill()
      await ofAlice.close()
    },
  }
}

async function openBareLine({ alice, bob, folder }: Acquaintances) {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, '../relay/reference.ts'), join(folder, 'reference.db')],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [line = ''] = await new Promise<string[]>((resolve) =>
    createInterface({ input: child.stdout }).once('line', (...lines) => resolve(lines)),
  )
  const url = line.split(' ').at(-1) ?? ''
  const [ofAlice, ofBob] = await Promise.all([dial(`${url}/0`), dial(`${url}/1`)])
  const sealing = new BareSession(copyDatabase(alice.file, join(folder, 'bare.db')), alice.account, bob.account)
  const opening = new BareSession(copyDatabase(bob.file, join(folder, 'bare.db')), bob.account, alice.account)
  const tables = { alice: new BareTables(join(folder, 'one.db')), bob: new BareTables(join(folder, 'other.db')) }
  let position: Buffer = Buffer.alloc(4)
  return {
    async say() {
      const ciphertext = (await sealing.encrypt(pad(new Uint8Array(CONTENT_BYTES)))).serialize()
      tables.alice.commit(() => {
        tables.alice.session(sealing.record())
        tables.alice.message(TEXT)
        tables.alice.ciphertext(ciphertext)
      })
      const pushed = new Promise<Buffer>((resolve) => ofBob.once('message', resolve))
      ofAlice.send(Buffer.concat([Buffer.of(1, 1), ciphertext]))
      const message = await pushed
      const received = new Uint8Array(message.subarray(5))
      await opening.decrypt(received)
      tables.bob.commit(() => {
        tables.bob.session(opening.record())
        tables.bob.message(TEXT)
        tables.bob.seen(new Uint8Array(createHash('sha256').update(received).digest()))
      })
      position = message.subarray(1, 5)
    },
    async quiet() {
      const acknowledged = new Promise((resolve) => ofBob.once('message', resolve))
      ofBob.send(Buffer.concat([Buffer.of(2), position]))
      await acknowledged
    },
    close() {
      for (const socket of [ofAlice, ofBob]) socket.terminate()
      for (const table of [tables.alice, tables.bob]) table.close()
      child.kill('SIGKILL')
    },
  }
}

async function dial(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false })
  await new Promise((resolve) => socket.once('open', resolve))
  return socket
}
