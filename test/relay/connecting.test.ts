// Connecting over a real socket: who is let in, who is not, and what they are told.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { systemClock } from '../../src/host/clock.ts'
import { systemRandom } from '../../src/host/random.ts'
import { openSqlite } from '../../src/host/sqlite.ts'
import { type ClientBody, encodeClientFrame } from '../../src/protocol/frames.ts'
import { GoodbyeReason, Reason } from '../../src/protocol/generated/relay_pb.ts'
import { MAX_CLOCK_SKEW, MAX_FRAME_BYTES } from '../../src/protocol/limits.ts'
import { createAdministration } from '../../src/relay/administration.ts'
import { createBell } from '../../src/relay/bell.ts'
import type { RelayStore } from '../../src/relay/store.ts'
import { openSqliteStore } from '../../src/relay/stores/sqlite.ts'
import { uuidToBytes } from '../../src/shared/ids.ts'
import {
  addDevice,
  comeBack,
  dial,
  hello,
  identityKey,
  join,
  type Line,
  makePerson,
  type Person,
  proof,
  signedList,
  submissionTo,
} from './device.ts'
import { openRelay } from './open.ts'
import { raw, UPGRADE } from './raw.ts'

const HELLO: ClientBody = { case: 'hello', value: { minimumVersion: 1, maximumVersion: 1 } }

async function refusal(line: Line, body: ClientBody): Promise<Reason> {
  return (await line.expect(body, 'refused')).reason
}

async function registration(line: Line, person: Person, changes: object = {}): Promise<ClientBody> {
  const value = { ...proof(person, await hello(line)), username: person.username, deviceList: signedList(person) }
  return { case: 'register', value: { ...value, ...changes } }
}

/** The HTTP status that an upgrade is answered with; 101 for one that succeeds. */
function statusOf(url: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { headers })
    socket.once('unexpected-response', (request, response) => {
      request.destroy()
      resolve(response.statusCode)
    })
    socket.once('open', () => {
      socket.close()
      resolve(101)
    })
    socket.on('error', (error) => {
      if (!error.message.includes('closed before')) reject(error)
    })
  })
}

describe('frames', () => {
  test.each([
    ['a text', 'hello'],
    ['an empty one', Buffer.alloc(0)],
    ['noise', Buffer.from('ffffffffffffffffff', 'hex')],
    ['a frame without request id', Buffer.from('1200', 'hex')],
  ])('[P1][K12] %s is malformed, and the connection ends', async (_, message) => {
    const line = await dial(await openRelay())
    line.socket.send(message)
    expect((await line.pushed('refused')).reason).toBe(Reason.MALFORMED)
    expect(await line.closed).toBe(1008)
  })

  test('[P2][K12][F4] a message above the limit is refused by the socket', async () => {
    const relay = await openRelay()
    const line = await dial(relay)
    line.socket.send(randomBytes(MAX_FRAME_BYTES + 1))
    expect(await line.closed).toBe(1009)
  })

  test.each([
    ['one byte above it', MAX_FRAME_BYTES + 1],
    ['a terabyte', 2 ** 40],
  ])('[P2][F4] a frame that says it has %s is refused before any of it has come', async (_, bytes) => {
    const { port } = await openRelay()
    const { socket, ended } = await raw(port)
    socket.write(`${UPGRADE(port)}\r\n\r\n`)
    const [upgraded] = (await once(socket, 'data')) as [Buffer]
    expect(upgraded.toString()).toMatch(/^HTTP\/1\.1 101 /)
    const answer = once(socket, 'data')
    // The header of a binary frame that is masked, and nothing of what it speaks of.
    const header = Buffer.alloc(14)
    header.writeUInt16BE(0x82ff)
    header.writeBigUInt64BE(BigInt(bytes), 2)
    socket.write(header)
    const [frame] = (await answer) as [Buffer]
    expect({ kind: frame[0], code: frame.readUInt16BE(2) }).toEqual({ kind: 0x88, code: 1009 })
    socket.end()
    await ended
  })

  test('[F6][P2] nothing is compressed', async () => {
    const { url } = await openRelay()
    const socket = new WebSocket(url, { perMessageDeflate: true })
    await new Promise((resolve) => socket.once('open', resolve))
    expect(socket.extensions).toBe('')
    socket.terminate()
  })

  test('[K12] a frame that comes in pieces is one frame', async () => {
    const line = await dial(await openRelay())
    const frame = encodeClientFrame(1, HELLO)
    line.socket.send(frame.subarray(0, 2), { fin: false })
    line.socket.send(frame.subarray(2), { fin: true })
    expect(await line.pushed('welcome')).toMatchObject({ version: 1 })
  })

  test('[P3] each request is answered once, under its id', async () => {
    const relay = await openRelay()
    const line = await join(relay, makePerson('alice'))
    const asked = Array.from({ length: 50 }, () => line.ask({ case: 'lookUp', value: { username: 'alice' } }))
    expect((await Promise.all(asked)).every((answered) => answered.case === 'found')).toBe(true)
    expect(line.waiting('found')).toBe(0)
  })

  test('[P4][F5] an unknown field is ignored, an unknown request is answered, and the connection stays', async () => {
    const line = await dial(await openRelay())
    // Field 99, a varint, behind a whole Hello.
    line.socket.send(Buffer.concat([encodeClientFrame(7, HELLO), Buffer.from('980601', 'hex')]))
    expect(await line.pushed('welcome')).toMatchObject({ version: 1 })
    // Request 8 with field 90, of length 0.
    line.socket.send(Buffer.from('0808d20500', 'hex'))
    expect((await line.pushed('refused')).reason).toBe(Reason.UPDATE_NEEDED)
    expect(await refusal(line, { case: 'lookUp', value: { username: 'bob' } })).toBe(Reason.NOT_AUTHENTICATED)
  })

  test('[P5] hello comes first, and names versions', async () => {
    const line = await dial(await openRelay())
    expect(await refusal(line, { case: 'lookUp', value: { username: 'bob' } })).toBe(Reason.NOT_AUTHENTICATED)
    line.socket.send(Buffer.from('0809d20500', 'hex'))
    expect((await line.pushed('refused')).reason).toBe(Reason.NOT_AUTHENTICATED)
    const tooNew: ClientBody = { case: 'hello', value: { minimumVersion: 7, maximumVersion: 9 } }
    expect(await refusal(line, tooNew)).toBe(Reason.UPDATE_NEEDED)
    const newer: ClientBody = { case: 'hello', value: { minimumVersion: 1, maximumVersion: 9 } }
    expect(await line.expect(newer, 'welcome')).toMatchObject({ version: 1, invitationNeeded: false })
  })

  test('[P7] a refusal repeats nothing of the request', async () => {
    const relay = await openRelay()
    const line = await dial(relay)
    const person = makePerson('alice')
    const refused = await line.expect(await registration(line, person, { username: 'Not A Name' }), 'refused')
    expect(refused.reason).toBe(Reason.USERNAME_INVALID)
    expect(refused.detail).not.toContain('Not A Name')
    expect(refused.detail).not.toContain(person.account)
  })
})

describe('the door', () => {
  test('[P8] a web page on this computer does not get in', async () => {
    const { url, port } = await openRelay()
    expect(await statusOf(url, { origin: 'http://127.0.0.1' })).toBe(403)
    expect(await statusOf(url, { host: `rebound.example:${port}` })).toBe(403)
    expect(await statusOf(url, { host: `127.0.0.1:${port + 1}` })).toBe(403)
    expect(await statusOf(url, { host: `localhost:${port}` })).toBe(101)
  })

  test('[P8] without its token nobody gets in', async () => {
    const token = 'a token of some length'
    const { url } = await openRelay({ access: { token, loopbackOnly: true, invitations: 'open' } })
    expect(await statusOf(url, {})).toBe(401)
    expect(await statusOf(url, { authorization: 'Bearer a token' })).toBe(401)
    expect(await statusOf(url, { authorization: token })).toBe(401)
    expect(await statusOf(url, { authorization: `Bearer ${token}` })).toBe(101)
  })

  test('[P8] it says that it is well, and nothing else', async () => {
    const { port } = await openRelay()
    const healthy = await fetch(`http://127.0.0.1:${port}/health`)
    expect([healthy.status, await healthy.json()]).toEqual([200, { ok: true }])
    const asked = await fetch(`http://127.0.0.1:${port}/health`, { method: 'HEAD' })
    expect([asked.status, await asked.text()]).toEqual([200, ''])
    expect((await fetch(`http://127.0.0.1:${port}/health`, { method: 'POST' })).status).toBe(404)
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404)
    expect((await fetch(`http://127.0.0.1:${port}/health`, { headers: { origin: 'http://a.example' } })).status).toBe(
      403,
    )
  })

  test('it does not listen beyond this computer unless it is told to', async () => {
    const { relay } = await openRelay()
    await expect(relay.listen({ host: '0.0.0.0', port: 0 })).rejects.toThrow(RangeError)
  })
})

describe('registering', () => {
  test('[P14] the same again is success, a name is taken once', async () => {
    const relay = await openRelay()
    const alice = makePerson('alice')
    await join(relay, alice)
    await (await join(relay, alice)).hangUp()
    const line = await dial(relay)
    expect(await refusal(line, await registration(line, makePerson('alice')))).toBe(Reason.USERNAME_TAKEN)
    const namesake = makePerson('alice', { identity: alice.identity })
    const second = await dial(relay)
    expect(await refusal(second, await registration(second, namesake))).toBe(Reason.ACCOUNT_EXISTS)
  })

  test.each(['Al', 'ab', '9lives', 'Alice', 'ａｌｉｃｅ', 'al ice', 'alice-', '__proto__'])(
    '[K12] %s is not a username',
    async (username) => {
      const line = await dial(await openRelay())
      expect(await refusal(line, await registration(line, makePerson('x'), { username }))).toBe(Reason.USERNAME_INVALID)
    },
  )

  test('[P17] with invitations on, it needs one, and each is good once', async () => {
    const relay = await openRelay({ access: { loopbackOnly: true, invitations: 'invited' } })
    const invitation = await relay.relay.invite()
    const line = await dial(relay)
    expect(await refusal(line, await registration(line, makePerson('mallory')))).toBe(Reason.INVITATION_NEEDED)
    await join(relay, makePerson('alice'), invitation)
    const second = await dial(relay)
    const again = await registration(second, makePerson('bob'), { invitation })
    expect(await refusal(second, again)).toBe(Reason.INVITATION_NEEDED)
  })

  test('[P21] the device list must be signed, of this account, and name this device', async () => {
    const relay = await openRelay()
    const alice = makePerson('alice')
    const mallory = makePerson('mallory')
    const unsigned = { ...signedList(alice), signature: randomBytes(64) }
    const eleven = Array.from({ length: 11 }, (_, index) => ({ device: index + 1, registrationId: 5 }))
    const cases: [object, Reason][] = [
      [{ deviceList: undefined }, Reason.DEVICE_LIST_REFUSED],
      [{ deviceList: unsigned }, Reason.DEVICE_LIST_REFUSED],
      [{ deviceList: signedList(mallory) }, Reason.DEVICE_LIST_REFUSED],
      [{ deviceList: signedList({ ...mallory, identity: alice.identity }) }, Reason.DEVICE_LIST_REFUSED],
      [{ deviceList: signedList({ ...alice, listed: eleven }) }, Reason.DEVICE_LIST_REFUSED],
      [{ deviceList: signedList({ ...alice, listed: [] }) }, Reason.DEVICE_LIST_REFUSED],
      [
        { deviceList: signedList({ ...alice, listed: [...alice.listed, ...alice.listed] }) },
        Reason.DEVICE_LIST_REFUSED,
      ],
      [{ deviceList: signedList({ ...alice, listVersion: 0 }) }, Reason.DEVICE_LIST_REFUSED],
      [{ deviceList: signedList({ ...alice, listed: [{ device: 2, registrationId: 5 }] }) }, Reason.NO_SUCH_DEVICE],
    ]
    for (const [changes, reason] of cases) {
      const line = await dial(relay)
      expect(await refusal(line, await registration(line, alice, changes))).toBe(reason)
      await line.hangUp()
    }
    expect(await relay.store.findAccount(alice.account)).toBeUndefined()
  })
})

describe('proving who one is', () => {
  test('[P10] every connection has a nonce of its own', async () => {
    const relay = await openRelay()
    const first = await hello(await dial(relay))
    const second = await hello(await dial(relay))
    expect(first.nonce).toHaveLength(32)
    expect(first.nonce).not.toEqual(second.nonce)
    expect(first.relay).toEqual(second.relay)
  })

  test('[P11][X3] a signature is good for one relay, connection, account and device only', async () => {
    const relay = await openRelay()
    const alice = makePerson('alice')
    const tablet = addDevice(alice, 2)
    const bob = makePerson('bob')
    await join(relay, alice)
    await join(relay, bob)
    const welcome = await hello(await dial(relay))
    const forgeries = (fresh: typeof welcome) => [
      proof(alice, welcome),
      proof(alice, { ...fresh, relay: randomBytes(16) }),
      { ...proof(alice, fresh), timeMs: BigInt(Date.now() - 1000) },
      { ...proof(alice, fresh), device: tablet.device, registrationId: tablet.registrationId },
      { ...proof({ ...alice, account: bob.account }, fresh), account: uuidToBytes(alice.account) },
      { ...proof(bob, fresh), account: uuidToBytes(alice.account), identityKey: identityKey(alice) },
    ]
    for (const index of forgeries(welcome).keys()) {
      const line = await dial(relay)
      const value = forgeries(await hello(line))[index]
      if (value === undefined) throw new Error('no such forgery')
      expect(await refusal(line, { case: 'authenticate', value })).toBe(Reason.SIGNATURE_INVALID)
      expect(await line.closed).toBe(1008)
    }
  })

  test('[P12] a clock more than five minutes off is told, and nothing else happens', async () => {
    const relay = await openRelay()
    const alice = makePerson('alice')
    await join(relay, alice)
    const line = await dial(relay)
    const welcome = await hello(line)
    for (const skew of [-1, 1]) {
      const value = proof(alice, welcome, BigInt(Date.now() + skew * (MAX_CLOCK_SKEW + 60_000)))
      expect(await refusal(line, { case: 'authenticate', value })).toBe(Reason.CLOCK_SKEW)
    }
    await line.expect({ case: 'authenticate', value: proof(alice, welcome) }, 'authenticated')
  })

  test('[P13][K9] another identity key is refused, the connection ends, and nothing has changed', async () => {
    const relay = await openRelay()
    const alice = makePerson('alice')
    await join(relay, alice)
    const mallory = makePerson('alice', { account: alice.account, registrationId: alice.registrationId })
    const authenticating = await dial(relay)
    const value = proof(mallory, await hello(authenticating))
    expect(await refusal(authenticating, { case: 'authenticate', value })).toBe(Reason.IDENTITY_MISMATCH)
    expect(await authenticating.closed).toBe(1008)
    const registering = await dial(relay)
    expect(await refusal(registering, await registration(registering, mallory))).toBe(Reason.IDENTITY_MISMATCH)
    expect(await registering.closed).toBe(1008)
    await comeBack(relay, alice)
  })

  test('[P37][X3] an account the relay does not know may register on the same connection', async () => {
    const relay = await openRelay()
    const alice = makePerson('alice')
    const line = await dial(relay)
    const value = proof(alice, await hello(line))
    expect(await refusal(line, { case: 'authenticate', value })).toBe(Reason.NO_SUCH_ACCOUNT)
    const register = { ...value, username: 'alice', deviceList: signedList(alice) }
    await line.expect({ case: 'register', value: register }, 'authenticated')
  })

  test('[P21] an installation that is not in the list stays out', async () => {
    const relay = await openRelay()
    const alice = makePerson('alice')
    await join(relay, alice)
    const line = await dial(relay)
    const welcome = await hello(line)
    const unlisted = addDevice({ ...alice, listed: [...alice.listed] }, 2)
    expect(await refusal(line, { case: 'authenticate', value: proof(unlisted, welcome) })).toBe(Reason.NO_SUCH_DEVICE)
  })

  test('[P15][K3] sender, device and time are those of the connection', async () => {
    const relay = await openRelay()
    const alice = makePerson('alice')
    const bob = makePerson('bob')
    const fromAlice = await join(relay, alice)
    const toBob = await join(relay, bob)
    const before = Date.now()
    await fromAlice.expect({ case: 'submit', value: submissionTo(bob) }, 'accepted')
    const [envelope] = await toBob.receive(1)
    expect(Buffer.from(envelope?.sender ?? [])).toEqual(Buffer.from(uuidToBytes(alice.account)))
    expect(envelope?.senderDevice).toBe(1)
    expect(Number(envelope?.timeMs)).toBeGreaterThanOrEqual(before)
  })

  test('[P16][X5][F31] a second connection of a device replaces the first', async () => {
    const relay = await openRelay()
    const alice = makePerson('alice')
    const bob = makePerson('bob')
    const first = await join(relay, alice)
    const fromBob = await join(relay, bob)
    const second = await comeBack(relay, alice)
    expect((await first.pushed('goodbye')).reason).toBe(GoodbyeReason.REPLACED)
    expect(await first.closed).toBe(1000)
    await fromBob.expect({ case: 'submit', value: submissionTo(alice) }, 'accepted')
    expect(await second.receive(1)).toHaveLength(1)
    expect(first.waiting('deliver')).toBe(0)
  })

  test('[P19] who is disabled on the way in does not get in', async () => {
    const real = openSqliteStore(openSqlite({ file: ':memory:' }), systemRandom)
    const bell = createBell()
    const administration = createAdministration({ store: real, blobs: undefined, bell, clock: systemClock })
    const enter: RelayStore['enter'] = async (mailbox, connection, at) => {
      await real.enter(mailbox, connection, at)
      await administration.disable('bob')
    }
    const relay = await openRelay({ store: { ...real, enter }, bell })
    const line = await dial(relay)
    expect(await refusal(line, await registration(line, makePerson('bob')))).toBe(Reason.ACCOUNT_DISABLED)
  })

  test.each([
    ['erased', Reason.NO_SUCH_ACCOUNT, (store: RelayStore, { account }: Person) => store.eraseAccount(account)],
    [
      'taken off the list',
      Reason.UNAVAILABLE,
      (store: RelayStore, { account }: Person) =>
        store.replaceDeviceList(account, { list: randomBytes(9), signature: randomBytes(64), version: 2, devices: [] }),
    ],
  ])('[P3][P59][P21] nor who is %s', async (_, reason, change) => {
    const real = openSqliteStore(openSqlite({ file: ':memory:' }), systemRandom)
    const bob = makePerson('bob')
    const enter: RelayStore['enter'] = async (...entering) => {
      await real.enter(...entering)
      await change(real, bob)
    }
    const line = await dial(await openRelay({ store: { ...real, enter } }))
    expect(await refusal(line, await registration(line, bob))).toBe(reason)
  })

  test('[P16] who is overtaken by another connection on the way in is told so', async () => {
    const real = openSqliteStore(openSqlite({ file: ':memory:' }), systemRandom)
    const enter: RelayStore['enter'] = async (mailbox, connection, at) => {
      await real.enter(mailbox, connection, at)
      await real.enter(mailbox, randomBytes(32), at)
    }
    const line = await dial(await openRelay({ store: { ...real, enter } }))
    await line.expect(await registration(line, makePerson('bob')), 'authenticated')
    expect((await line.pushed('goodbye')).reason).toBe(GoodbyeReason.REPLACED)
    await line.closed
  })

  test('[P16] another device of the same person does not', async () => {
    const relay = await openRelay()
    const alice = makePerson('alice')
    const tablet = addDevice(alice, 2)
    const first = await join(relay, alice)
    await comeBack(relay, tablet)
    await first.expect({ case: 'lookUp', value: { username: 'alice' } }, 'found')
  })

  test('[P10] who is in does not prove it again', async () => {
    const relay = await openRelay()
    const alice = makePerson('alice')
    const line = await dial(relay)
    const value = proof(alice, await hello(line))
    await line.expect(
      { case: 'register', value: { ...value, username: 'alice', deviceList: signedList(alice) } },
      'authenticated',
    )
    expect(await refusal(line, { case: 'authenticate', value })).toBe(Reason.MALFORMED)
    expect(await line.closed).toBe(1008)
  })

  test('[P163] what is refused after the goodbye does not change why the connection is closed', async () => {
    const real = openSqliteStore(openSqlite({ file: ':memory:' }), systemRandom)
    let closing: Promise<void> | undefined
    const findAccount: RelayStore['findAccount'] = (account) => {
      closing = relay.relay.close()
      return real.findAccount(account)
    }
    const relay = await openRelay({ store: { ...real, findAccount } })
    const alice = makePerson('alice')
    await join(relay, alice)
    const line = await dial(relay)
    const value = proof(makePerson('mallory', { account: alice.account }), await hello(line))
    expect(await refusal(line, { case: 'authenticate', value })).toBe(Reason.IDENTITY_MISMATCH)
    expect((await line.pushed('goodbye')).reason).toBe(GoodbyeReason.SHUTTING_DOWN)
    expect(await line.closed).toBe(1001)
    await closing
  })

  test('a relay that shuts down says goodbye, with what was under way answered', async () => {
    let closing: Promise<void> | undefined
    const crash = (point: string) => {
      if (point === 'append:before-commit') closing = relay.relay.close()
    }
    const relay = await openRelay({ crash })
    const bob = makePerson('bob')
    await join(relay, bob)
    const line = await join(relay, makePerson('alice'))
    await line.expect({ case: 'submit', value: submissionTo(bob) }, 'accepted')
    expect((await line.pushed('goodbye')).reason).toBe(GoodbyeReason.SHUTTING_DOWN)
    expect(await line.closed).toBe(1001)
    await closing
  })
})
