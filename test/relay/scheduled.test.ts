// What is sent to be delivered later: held back until then, by a clock that the test moves, and called off on the way.

import { createHash, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { Reason } from '../../src/protocol/generated/relay_pb.ts'
import { SCHEDULE_AHEAD } from '../../src/protocol/limits.ts'
import { SCHEDULED_OF_ONE } from '../../src/relay/limits.ts'
import { uuidToBytes } from '../../src/shared/ids.ts'
import { createTestClock } from './clock.ts'
import { comeBack, join, type Line, makePerson, type Person, submissionTo } from './device.ts'
import { openRelay } from './open.ts'

/** Less than silence is put up with. */
const SOON = 20_000

async function atRelay() {
  const clock = createTestClock()
  const relay = await openRelay({ clock })
  const [alice, bob] = [makePerson('alice'), makePerson('bob')]
  const [ofAlice, ofBob] = [await join(relay, alice), await join(relay, bob)]
  const inA = (milliseconds: number) => BigInt(clock.now() + milliseconds)
  const schedule = (text: string, deliverAfterMs: bigint, line: Line = ofAlice) =>
    line.ask({ case: 'submit', value: { ...submissionTo(bob, text), deliverAfterMs } })
  const cancel = async (line: Line, recipient: Person, submission: Uint8Array) => {
    const value = { recipient: uuidToBytes(recipient.account), submission }
    return (await line.expect({ case: 'cancelScheduled', value }, 'scheduledCancelled')).cancelled
  }
  return { clock, relay, alice, bob, ofAlice, ofBob, inA, schedule, cancel }
}

const texts = (envelopes: readonly { content: Uint8Array }[]) =>
  envelopes.map(({ content }) => Buffer.from(content).toString())

test('[P160] it is delivered when its time has come, behind what was sent meanwhile', async () => {
  const { clock, bob, ofAlice, ofBob, inA, schedule } = await atRelay()
  expect(await schedule('in a while', inA(SOON))).toMatchObject({ case: 'accepted', value: { duplicate: false } })
  expect(await schedule('sooner', inA(SOON / 2))).toMatchObject({ case: 'accepted' })
  await ofAlice.expect({ case: 'submit', value: submissionTo(bob, 'now') }, 'accepted')
  const came = await ofBob.receive(1)
  clock.advance(SOON / 2)
  came.push(...(await ofBob.receive(1)))
  clock.advance(SOON / 2)
  const due = BigInt(clock.now())
  // Where the relay was still looking at what was due before, it looks again a moment later.
  const moments = setInterval(() => clock.advance(1), 20)
  came.push(...(await ofBob.receive(1).finally(() => clearInterval(moments))))
  expect(texts(came)).toEqual(['now', 'sooner', 'in a while'])
  expect(came.at(-1)?.timeMs).toBeGreaterThanOrEqual(due)
  expect(came.at(-1)?.timeMs).toBeLessThan(due + 1000n)
  expect(ofBob.waiting('deliver')).toBe(0)
})

test('[P160] whoever was not there gets it when they come, and a time that has passed is now', async () => {
  const { clock, relay, bob, ofBob, ofAlice, inA, schedule } = await atRelay()
  await ofBob.hangUp()
  await schedule('in a while', inA(SOON))
  await schedule('a minute ago', inA(-60_000))
  clock.advance(SOON)
  await ofAlice.expect({ case: 'lookUp', value: { username: 'bob' } }, 'found')
  const back = await comeBack(relay, bob)
  expect(texts(await back.receive(2))).toEqual(['a minute ago', 'in a while'])
})

test('[P160] not later than in thirty days, and nothing ephemeral', async () => {
  const { bob, ofAlice, inA, schedule } = await atRelay()
  expect(await schedule('too late', inA(SCHEDULE_AHEAD + 1))).toMatchObject({ value: { reason: Reason.TOO_FAR_AHEAD } })
  expect(await schedule('absurd', 2n ** 64n - 1n)).toMatchObject({ value: { reason: Reason.TOO_FAR_AHEAD } })
  expect(await schedule('just so', inA(SCHEDULE_AHEAD))).toMatchObject({ case: 'accepted' })
  const value = { ...submissionTo(bob), ephemeral: true, deliverAfterMs: inA(SOON) }
  expect(await ofAlice.ask({ case: 'submit', value })).toMatchObject({ value: { reason: Reason.MALFORMED } })
})

test('[P161] of one for another only so much is scheduled, and what is for now is taken all the same', async () => {
  const { bob, ofAlice, inA, schedule } = await atRelay()
  const asked = Array.from({ length: SCHEDULED_OF_ONE }, () => schedule('more', inA(SOON)))
  expect((await Promise.all(asked)).every((answer) => answer.case === 'accepted')).toBe(true)
  expect(await schedule('too much', inA(SOON))).toMatchObject({ value: { reason: Reason.MAILBOX_FULL } })
  await ofAlice.expect({ case: 'submit', value: submissionTo(bob) }, 'accepted')
})

test('[P162] it is called off by who scheduled it, for good, and not when it is delivered', async () => {
  const { clock, alice, bob, ofAlice, ofBob, inA, cancel } = await atRelay()
  const value = { ...submissionTo(bob, 'called off'), deliverAfterMs: inA(SOON) }
  await ofAlice.expect({ case: 'submit', value }, 'accepted')
  expect(await cancel(ofBob, bob, value.submission)).toBe(false)
  expect(await cancel(ofAlice, bob, value.submission)).toBe(true)
  expect(await cancel(ofAlice, bob, value.submission)).toBe(true)
  expect(await cancel(ofAlice, alice, value.submission)).toBe(false)
  const delivered = { ...submissionTo(bob, 'delivered'), deliverAfterMs: inA(SOON) }
  await ofAlice.expect({ case: 'submit', value: delivered }, 'accepted')
  clock.advance(SOON)
  expect(texts(await ofBob.receive(1))).toEqual(['delivered'])
  expect(await cancel(ofAlice, bob, delivered.submission)).toBe(false)
  // Somebody who did not hear the answer says it again.
  expect(await ofAlice.expect({ case: 'submit', value }, 'accepted')).toMatchObject({ duplicate: true })
  await ofAlice.expect({ case: 'submit', value: submissionTo(bob, 'the next') }, 'accepted')
  expect(texts(await ofBob.receive(1))).toEqual(['the next'])
})

test('what the relay sees has what is scheduled, and the blobs of an account', async () => {
  const { bob, ofAlice, ofBob, inA, schedule } = await atRelay()
  const due = inA(SOON)
  await schedule('in a while', due)
  const digest = createHash('sha256').update(randomBytes(9)).digest()
  const { expiresMs } = await ofAlice.expect({ case: 'prepareUpload', value: { size: 9n, digest } }, 'uploadPrepared')
  const value = { recipients: [uuidToBytes(bob.account)] }
  const holdings = await ofAlice.expect({ case: 'showHoldings', value }, 'holdings')
  expect(holdings.envelopes).toMatchObject([{ size: 10, deliverAfterMs: due }])
  expect(holdings.blobs).toMatchObject([{ size: 9n, whole: false, expiresMs }])
  expect(Buffer.from(holdings.blobs[0]?.digest ?? [])).toEqual(digest)
  expect(holdings.blobCount).toBe(1)
  expect((await ofBob.expect({ case: 'showHoldings', value }, 'holdings')).blobs).toEqual([])
})
