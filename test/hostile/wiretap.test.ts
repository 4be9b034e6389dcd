// The wiretap that listens to every story hears what it is there for.

import { expect, test } from 'vitest'
import type { Wire } from '../../src/engine/ports.ts'
import { encodeClientFrame } from '../../src/protocol/frames.ts'
import { type Person, person } from '../engine/signal/people.ts'
import { createWiretap } from '../wiretap.ts'

const nowhere: Wire = { connect: () => ({ send: () => {}, close: () => {} }) }
const deaf = { opened: () => {}, frame: () => {}, ended: () => {} }

/** Seals without committing: the next one is sealed with the same key. */
async function sealed(from: Person, to: Person, text: string): Promise<Uint8Array<ArrayBuffer>> {
  const unit = from.signal.unit()
  const { type, bytes } = await from.signal.seal(unit, to.address, new TextEncoder().encode(text))
  unit.abandon()
  return encodeClientFrame(1, { case: 'submit', value: { envelopes: [{ device: 1, type, content: bytes }] } })
}

test('[P52] the same bytes again are heard once; other bytes under the same key are found out', async () => {
  const [alice, bob] = [person('Alice'), person('Bob')]
  await alice.meet(bob)
  const tap = createWiretap()
  const wire = tap.on(nowhere).connect({ url: 'ws://nowhere' }, deaf)
  const first = await sealed(alice, bob, 'first')
  wire.send(first)
  wire.send(first)
  expect(tap.heard()).toBe(1)
  tap.expectFreshKeys()
  wire.send(await sealed(alice, bob, 'second'))
  expect(() => tap.expectFreshKeys()).toThrow('[P52]')
})
