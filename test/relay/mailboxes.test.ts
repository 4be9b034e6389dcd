// Mailboxes over a real socket: what is accepted arrives, in order, once, and is forgotten when acknowledged.

import { randomBytes } from 'node:crypto'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { describe, expect, test } from 'vitest'
import {
  EnvelopeType,
  GoodbyeReason,
  type IncomingEnvelope,
  Reason,
  type SubmitSchema,
} from '../../src/protocol/generated/relay_pb.ts'
import { MAILBOX_RETENTION, MAX_ENVELOPE_BYTES, MAX_FRAME_BYTES } from '../../src/protocol/limits.ts'
import { DEFAULT_LIMITS, DELIVERY_WINDOW, MAILBOX_BYTES } from '../../src/relay/limits.ts'
import { type Instant, uuidToBytes } from '../../src/shared/ids.ts'
import { createTestClock } from './clock.ts'
import {
  addDevice,
  comeBack,
  dial,
  envelopeFor,
  hello,
  join,
  keyUpload,
  type Line,
  makePerson,
  type Person,
  proof,
  signedList,
  submissionTo,
} from './device.ts'
import { openRelay } from './open.ts'

const GENEROUS = { ...DEFAULT_LIMITS, submissions: { burst: 100_000, perSecond: 1 } }

async function twoPeople(parts: Parameters<typeof openRelay>[0] = {}) {
  const relay = await openRelay(parts)
  const alice = makePerson('alice')
  const bob = makePerson('bob')
  return { relay, alice, bob, ofAlice: await join(relay, alice), ofBob: await join(relay, bob) }
}

function submit(line: Line, value: MessageInitShape<typeof SubmitSchema>) {
  return line.ask({ case: 'submit', value })
}

function send(line: Line, person: Person, content: string | Uint8Array = 'sealed') {
  return line.expect({ case: 'submit', value: submissionTo(person, content) }, 'accepted')
}

function text(envelopes: readonly IncomingEnvelope[]): string[] {
  return envelopes.map(({ content }) => Buffer.from(content).toString())
}

describe('submitting', () => {
  test('[P51][P53][P54] what Alice submits reaches Bob, and is gone once he acknowledged it', async () => {
    const { relay, bob, ofAlice, ofBob } = await twoPeople()
    const accepted = await send(ofAlice, bob, 'sealed for Bob')
    const envelopes = await ofBob.receive(1)
    expect(text(envelopes)).toEqual(['sealed for Bob'])
    expect(envelopes[0]?.timeMs).toBe(accepted.timeMs)
    await ofBob.acknowledge(envelopes)

    expect(await relay.store.mailboxState(bob)).toMatchObject({ held: 0, heldBytes: 0, lastPosition: 1 })
    const again = await comeBack(relay, bob)
    await again.pushed('caughtUp')
    expect(again.waiting('deliver')).toBe(0)
  })

  test('[P51] the same submission again is accepted as a duplicate, and arrives once', async () => {
    const { relay, alice, bob, ofAlice, ofBob } = await twoPeople()
    const message = submissionTo(bob)
    const first = await ofAlice.expect({ case: 'submit', value: message }, 'accepted')
    expect(first.duplicate).toBe(false)
    await ofBob.acknowledge(await ofBob.receive(1))
    const later = await comeBack(relay, alice)
    expect(await later.expect({ case: 'submit', value: message }, 'accepted')).toMatchObject({
      duplicate: true,
      timeMs: first.timeMs,
    })
    await send(later, bob, 'the next')
    expect(text(await ofBob.receive(1))).toEqual(['the next'])
  })

  test('[P50] envelopes that do not fit the devices are told which, and nothing is stored', async () => {
    const { relay, alice, bob, ofAlice, ofBob } = await twoPeople()
    const tablet = addDevice(bob, 2)
    await ofBob.expect({ case: 'publishDeviceList', value: { deviceList: signedList(bob) } }, 'deviceListPublished')
    const right = { ...submissionTo(bob), envelopes: [envelopeFor(bob), envelopeFor(tablet)] }
    expect(await submit(ofAlice, submissionTo(bob))).toMatchObject({ case: 'staleDevices', value: { missing: [2] } })
    const changed = { ...right, envelopes: [envelopeFor(bob), { ...envelopeFor(tablet), registrationId: 1 }] }
    expect(await submit(ofAlice, changed)).toMatchObject({ value: { missing: [], extra: [], changed: [2] } })
    const extra = { ...right, envelopes: [...right.envelopes, { ...envelopeFor(tablet), device: 3 }] }
    expect(await submit(ofAlice, extra)).toMatchObject({ value: { missing: [], extra: [3], changed: [] } })
    expect(await relay.store.mailboxState(bob)).toMatchObject({ held: 0 })
    expect(await submit(ofAlice, right)).toMatchObject({ case: 'accepted' })
    expect(await submit(ofAlice, { ...submissionTo(bob), partial: true })).toMatchObject({ case: 'accepted' })
    expect(await submit(ofAlice, { ...submissionTo(alice), envelopes: [] })).toMatchObject({ case: 'accepted' })
  })

  test.each([
    ['a short submission id', { submission: randomBytes(15) }],
    ['no account', { recipient: Buffer.alloc(16) }],
    ['an empty envelope', { content: Buffer.alloc(0) }],
    ['an envelope of no type', { type: EnvelopeType.UNSPECIFIED }],
    ['a device 128', { device: 128 }],
    ['a registration id 0', { registrationId: 0 }],
  ])('[P1][K12] %s is malformed', async (_, part) => {
    const { bob, ofAlice } = await twoPeople()
    const value = { ...submissionTo(bob), ...part, envelopes: [{ ...envelopeFor(bob), ...part }] }
    expect(await submit(ofAlice, value)).toMatchObject({ value: { reason: Reason.MALFORMED } })
    expect(await ofAlice.closed).toBe(1008)
  })

  test('[K12] an envelope may be so large, and no larger', async () => {
    const { bob, ofAlice, ofBob } = await twoPeople()
    await send(ofAlice, bob, randomBytes(MAX_ENVELOPE_BYTES))
    expect((await ofBob.receive(1))[0]?.content).toHaveLength(MAX_ENVELOPE_BYTES)
    expect(await submit(ofAlice, submissionTo(bob, randomBytes(MAX_ENVELOPE_BYTES + 1)))).toMatchObject({
      value: { reason: Reason.TOO_LARGE },
    })
  })

  test('[F9][P55] a full mailbox takes nothing more, until some is acknowledged', async () => {
    const { relay, alice, bob, ofAlice, ofBob } = await twoPeople()
    const half = randomBytes(MAILBOX_BYTES / 2)
    const direct = { sender: alice.account, senderDevice: alice.device, recipient: bob.account, partial: false }
    const envelopes = [{ ...bob, type: EnvelopeType.MESSAGE, content: half }]
    await ofBob.hangUp()
    for (const id of [1, 2])
      await relay.store.append({ ...direct, submission: Buffer.alloc(16, id), envelopes }, Date.now() as Instant)
    expect(await submit(ofAlice, submissionTo(bob))).toMatchObject({ value: { reason: Reason.MAILBOX_FULL } })
    await relay.store.acknowledge(bob, [1])
    await send(ofAlice, bob)
  })

  test('[P58] who submits too much has to wait; then it goes on', async () => {
    const clock = createTestClock()
    const { bob, ofAlice } = await twoPeople({ clock })
    const answers = await Promise.all(Array.from({ length: 301 }, () => submit(ofAlice, submissionTo(bob))))
    expect(answers.filter((answer) => answer.case === 'accepted')).toHaveLength(300)
    expect(answers.at(-1)).toMatchObject({ value: { reason: Reason.TOO_MANY_REQUESTS, retryAfterMs: 20 } })
    clock.advance(20)
    await send(ofAlice, bob)
  })
})

describe('delivering', () => {
  test('[P53] what waits comes from the oldest, in order, with holes where something was acknowledged', async () => {
    const { relay, bob, ofAlice, ofBob } = await twoPeople()
    for (const content of ['one', 'two', 'three']) await send(ofAlice, bob, content)
    const [, two] = await ofBob.receive(3)
    await ofBob.acknowledge(two === undefined ? [] : [two])
    await ofBob.hangUp()
    const again = await comeBack(relay, bob)
    expect(text(await again.receive(2))).toEqual(['one', 'three'])
  })

  test('[P53][P56] no more than a window is under way; acknowledging moves it; then the device has caught up', async () => {
    const { relay, bob, ofAlice, ofBob } = await twoPeople({ limits: GENEROUS })
    await ofBob.hangUp()
    const count = DELIVERY_WINDOW + 100
    await Promise.all(Array.from({ length: count }, (_, index) => send(ofAlice, bob, `${index}`)))
    const again = await comeBack(relay, bob)
    const first = await again.receive(DELIVERY_WINDOW)
    expect(first).toHaveLength(DELIVERY_WINDOW)
    await again.expect({ case: 'lookUp', value: { username: 'bob' } }, 'found')
    expect([again.waiting('deliver'), again.waiting('caughtUp')]).toEqual([0, 0])
    await again.acknowledge(first)
    const rest = await again.receive(100)
    expect(text([...first, ...rest])).toEqual(Array.from({ length: count }, (_, index) => `${index}`))
    await send(ofAlice, bob, 'new')
    await again.acknowledge(rest)
    await again.pushed('caughtUp')
    expect(text(await again.receive(1))).toEqual(['new'])
    await again.acknowledge(rest)
    expect(again.waiting('caughtUp')).toBe(0)
  })

  test('[P56] who has nothing waiting has caught up at once', async () => {
    const { ofBob } = await twoPeople()
    await ofBob.pushed('caughtUp')
  })

  test('[P54] until it is acknowledged, every connection delivers it again', async () => {
    const { relay, bob, ofAlice, ofBob } = await twoPeople()
    await send(ofAlice, bob)
    await ofBob.receive(1)
    await ofBob.hangUp()
    await (await comeBack(relay, bob)).receive(1)
    await (await comeBack(relay, bob)).receive(1)
  })

  test('[P2][P53] large envelopes come in frames that fit', async () => {
    const { relay, bob, ofAlice, ofBob } = await twoPeople()
    await ofBob.hangUp()
    const sizes = [MAX_ENVELOPE_BYTES, 10, MAX_ENVELOPE_BYTES, 40_000, 40_000, 40_000, 1]
    for (const size of sizes) await send(ofAlice, bob, randomBytes(size))
    const again = await comeBack(relay, bob)
    let largest = 0
    again.socket.on('message', (message: Buffer) => {
      largest = Math.max(largest, message.length)
    })
    expect((await again.receive(sizes.length)).map(({ content }) => content.length)).toEqual(sizes)
    expect(largest).toBeLessThanOrEqual(MAX_FRAME_BYTES)
  })

  test('[P53] a device that does not read is not pushed to without end', async () => {
    const { relay, bob, ofAlice, ofBob } = await twoPeople({ limits: GENEROUS })
    await ofBob.hangUp()
    for (let sent = 0; sent < 200; sent++) await send(ofAlice, bob, randomBytes(MAX_ENVELOPE_BYTES))
    const reads = relay.store.read
    let read = 0
    relay.store.read = async (...asked) => {
      const envelopes = await reads(...asked)
      read += envelopes.length
      return envelopes
    }
    const slow = await dial(relay)
    const welcome = await hello(slow)
    await slow.expect({ case: 'authenticate', value: proof(bob, welcome) }, 'authenticated')
    slow.socket.pause()
    await send(ofAlice, bob, 'still served')
    expect(read).toBeLessThan(200)
    slow.socket.resume()
    expect(await slow.receive(201)).toHaveLength(201)
  })

  test('[P53] mail goes on by itself when other answers were in its way', async () => {
    const { bob, ofAlice, ofBob } = await twoPeople({ limits: GENEROUS })
    const keys = keyUpload(bob, 0)
    await ofBob.expect({ case: 'uploadKeys', value: keys }, 'keysUploaded')
    ofBob.socket.pause()
    const asked = Array.from({ length: 4000 }, () => ofBob.ask({ case: 'showHoldings', value: {} }))
    await send(ofAlice, bob, 'behind them')
    ofBob.socket.resume()
    expect(text(await ofBob.receive(1))).toEqual(['behind them'])
    expect((await Promise.all(asked)).every((answer) => answer.case === 'holdings')).toBe(true)
  })

  test('[P54] what nobody fetched is forgotten after thirty days', async () => {
    const clock = createTestClock()
    const { relay, bob, ofAlice, ofBob } = await twoPeople({ clock })
    await ofBob.hangUp()
    await send(ofAlice, bob)
    clock.advance(MAILBOX_RETENTION - 3_600_000)
    await relay.store.heldKeys(bob)
    expect(await relay.store.mailboxState(bob)).toMatchObject({ held: 1 })
    clock.advance(2 * 3_600_000)
    await expect.poll(async () => (await relay.store.mailboxState(bob))?.held).toBe(0)
  })
})

describe('ephemeral submissions', () => {
  test('[P57][K14] reach who is connected, are never stored, and are not repeated', async () => {
    const { relay, bob, ofAlice, ofBob } = await twoPeople()
    const typing = { ...submissionTo(bob, 'typing'), ephemeral: true }
    expect(await submit(ofAlice, typing)).toMatchObject({ case: 'accepted' })
    const [envelope] = await ofBob.receive(1)
    expect(envelope).toMatchObject({ position: 0n })
    expect(await relay.store.mailboxState(bob)).toMatchObject({ held: 0, lastPosition: 0 })
    await ofBob.hangUp()
    expect(await submit(ofAlice, { ...submissionTo(bob), ephemeral: true })).toMatchObject({ case: 'accepted' })
    const again = await comeBack(relay, bob)
    await again.pushed('caughtUp')
    expect(again.waiting('deliver')).toBe(0)
  })

  test('[P50][P57] must fit the devices too', async () => {
    const { bob, ofAlice } = await twoPeople()
    const changed = { ...submissionTo(bob), envelopes: [{ ...envelopeFor(bob), device: 9 }], ephemeral: true }
    expect(await submit(ofAlice, changed)).toMatchObject({ case: 'staleDevices', value: { missing: [1], extra: [9] } })
    const nobody = { ...submissionTo(makePerson('nobody')), ephemeral: true }
    expect(await submit(ofAlice, nobody)).toMatchObject({ value: { reason: Reason.NO_SUCH_ACCOUNT } })
  })
})

describe('leaving', () => {
  test('[P59] an erased account is gone with its name, and all its devices are told', async () => {
    const { relay, bob, ofAlice, ofBob } = await twoPeople()
    const tablet = addDevice(bob, 2)
    await ofBob.expect({ case: 'publishDeviceList', value: { deviceList: signedList(bob) } }, 'deviceListPublished')
    const ofTablet = await comeBack(relay, tablet)
    await ofBob.expect({ case: 'eraseAccount', value: {} }, 'erased')
    for (const line of [ofBob, ofTablet]) expect((await line.pushed('goodbye')).reason).toBe(GoodbyeReason.ERASED)
    expect(await submit(ofAlice, submissionTo(bob))).toMatchObject({ value: { reason: Reason.NO_SUCH_ACCOUNT } })
    await join(relay, makePerson('bob'))
  })

  test('[P21] a device taken off the list is cut off, and does not come back in', async () => {
    const { relay, bob, ofBob } = await twoPeople()
    const tablet = addDevice(bob, 2)
    const publish = () =>
      ofBob.expect({ case: 'publishDeviceList', value: { deviceList: signedList(bob) } }, 'deviceListPublished')
    await publish()
    const ofTablet = await comeBack(relay, tablet)
    bob.listed.pop()
    bob.listVersion += 1
    await publish()
    expect(await ofTablet.closed).toBe(1008)
    await expect(comeBack(relay, tablet)).rejects.toThrow()
    const older = { ...bob, listVersion: 2 }
    const value = { deviceList: signedList(older) }
    expect(await ofBob.expect({ case: 'publishDeviceList', value }, 'refused')).toMatchObject({
      reason: Reason.DEVICE_LIST_REFUSED,
    })
  })
})

test('[K1] what the relay sees: the asker’s own, and which of its envelopes wait for others', async () => {
  const { relay, alice, bob, ofAlice, ofBob } = await twoPeople()
  await ofBob.hangUp()
  const content = randomBytes(200)
  await send(ofAlice, bob, content)
  const value = { recipients: [uuidToBytes(bob.account), uuidToBytes(alice.account)] }
  const holdings = await ofAlice.expect({ case: 'showHoldings', value }, 'holdings')
  expect(holdings).toMatchObject({ username: 'alice', devices: [{ device: 1, oneTimeEc: 0 }] })
  expect(Number(holdings.devices[0]?.lastSeenMs)).toBeGreaterThan(0)
  expect(holdings.envelopes).toHaveLength(1)
  expect(holdings.envelopes[0]).toMatchObject({ device: 1, size: 200 })
  expect(Buffer.from(holdings.envelopes[0]?.firstBytes ?? [])).toEqual(content.subarray(0, 32))
  const many = { recipients: Array.from({ length: 51 }, () => uuidToBytes(bob.account)) }
  expect(await ofAlice.expect({ case: 'showHoldings', value: many }, 'refused')).toMatchObject({
    reason: Reason.TOO_LARGE,
  })
  const lines = JSON.stringify(relay.logged)
  for (const { account, username } of [alice, bob]) {
    expect(lines).not.toContain(account)
    expect(lines).not.toContain(username)
  }
})
