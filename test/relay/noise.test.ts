// Noise: whatever bytes come, the relay answers or closes, and goes on serving everybody else.

import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeClientFrame } from '../../src/protocol/frames.ts'
import { MAX_FRAME_BYTES } from '../../src/protocol/limits.ts'
import { uuidToBytes } from '../../src/shared/ids.ts'
import {
  type Address,
  comeBack,
  dial,
  hello,
  identityKey,
  join,
  keyUpload,
  type Line,
  makePerson,
  proof,
  signedList,
  submissionTo,
} from './device.ts'
import { openRelay } from './open.ts'

const alice = makePerson('alice')
const bob = makePerson('bob')
const challenge = { relay: randomBytes(16), nonce: randomBytes(32) }

/** One good frame of each kind, as a mutation starts from it. */
const FRAMES = [
  encodeClientFrame(1, { case: 'hello', value: { minimumVersion: 1, maximumVersion: 1 } }),
  encodeClientFrame(2, {
    case: 'register',
    value: { ...proof(bob, challenge), username: 'bob', deviceList: signedList(bob) },
  }),
  encodeClientFrame(3, { case: 'authenticate', value: proof(alice, challenge) }),
  encodeClientFrame(4, { case: 'announceKeys', value: { identityKey: identityKey(alice), signedPrekey: 1 } }),
  encodeClientFrame(5, { case: 'uploadKeys', value: keyUpload(alice, 2) }),
  encodeClientFrame(6, { case: 'fetchKeys', value: { account: uuidToBytes(alice.account), devices: [1] } }),
  encodeClientFrame(7, { case: 'lookUp', value: { username: 'alice' } }),
  encodeClientFrame(8, { case: 'submit', value: submissionTo(alice) }),
  encodeClientFrame(9, { case: 'acknowledge', value: { positions: [1n, 2n, 2n ** 64n - 1n] } }),
  encodeClientFrame(10, { case: 'showHoldings', value: { recipients: [uuidToBytes(alice.account)] } }),
  encodeClientFrame(11, { case: 'publishDeviceList', value: { deviceList: signedList(alice) } }),
]

const mutated = fc
  .record({
    frame: fc.constantFrom(...FRAMES),
    flips: fc.array(fc.record({ at: fc.nat(), to: fc.integer({ min: 0, max: 255 }) }), { maxLength: 6 }),
    keep: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ frame, flips, keep }) => {
    const bytes = Buffer.from(frame)
    for (const { at, to } of flips) bytes[at % bytes.length] = to
    return keep < 0.3 ? bytes.subarray(0, Math.floor((bytes.length * keep) / 0.3)) : bytes
  })
const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))
const message = fc.oneof(
  { weight: 6, arbitrary: mutated },
  { weight: 2, arbitrary: noise },
  { weight: 1, arbitrary: fc.string() },
  { weight: 1, arbitrary: fc.constant(randomBytes(MAX_FRAME_BYTES + 7)) },
)

/** Resolves when the relay answered or closed. */
function reacted(line: Line): Promise<unknown> {
  return Promise.race([line.closed, new Promise((resolve) => line.socket.once('message', resolve))])
}

async function lines(address: Address): Promise<Line[]> {
  const greeted = await dial(address)
  await hello(greeted)
  const authenticated = await comeBack(address, alice)
  // Pushed by itself: it is not to be taken for an answer.
  await authenticated.pushed('caughtUp')
  return [await dial(address), greeted, authenticated]
}

describe('[P1][P3][K12][F1][F2][F3]', () => {
  test('each message is answered or ends the connection, at every stage, and nobody else notices', async () => {
    const relay = await openRelay()
    const witness = makePerson('witness')
    const watching = await join(relay, witness)
    await join(relay, alice)
    await fc.assert(
      fc.asyncProperty(message, async (bytes) => {
        for (const line of await lines(relay)) {
          const reaction = reacted(line)
          line.socket.send(bytes)
          await reaction
          line.socket.terminate()
        }
        await watching.expect({ case: 'showHoldings', value: {} }, 'holdings')
      }),
      { numRuns: 150 },
    )
    expect(relay.logged.filter(({ event }) => event === 'request failed' || event === 'delivery failed')).toEqual([])
  })
})
