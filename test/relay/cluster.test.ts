// Two relays on one database: it does not matter to anybody which of them a device is connected to.

import { execFile } from 'node:child_process'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { GoodbyeReason, Reason } from '../../src/protocol/generated/relay_pb.ts'
import { uuidToBytes } from '../../src/shared/ids.ts'
import { until } from '../until.ts'
import {
  addDevice,
  comeBack,
  envelopeFor,
  join,
  keyUpload,
  type Line,
  makePerson,
  type Person,
  signedList,
  submissionTo,
} from './device.ts'
import { temporaryFolder } from './open.ts'
import { postgresForThisFile } from './postgres.ts'
import { RELAY, type RelayProcess, startRelay } from './process.ts'

const server = postgresForThisFile()

/** Of the two relays that were started last, and where each has its socket. */
let database: string
let folders: [string, string]

async function twoRelays(): Promise<[RelayProcess, RelayProcess]> {
  database = await server.database()
  const store = ['--store', database]
  folders = [temporaryFolder(), temporaryFolder()]
  return [await startRelay(folders[0], store), await startRelay(folders[1], store)]
}

async function apart() {
  const [one, two] = await twoRelays()
  const alice = makePerson('alice')
  const bob = makePerson('bob')
  return { one, two, alice, bob, ofAlice: await join(one, alice), ofBob: await join(two, bob) }
}

function send(line: Line, to: Person, content: string) {
  return line.expect({ case: 'submit', value: submissionTo(to, content) }, 'accepted')
}

describe('between two relays', () => {
  test('[K3][P53] what Alice submits at one reaches Bob at the other at once, in order', async () => {
    const { alice, bob, ofAlice, ofBob } = await apart()
    for (const text of ['one', 'two', 'three']) await send(ofAlice, bob, text)
    const envelopes = await ofBob.receive(3)
    expect(envelopes.map(({ content }) => Buffer.from(content).toString())).toEqual(['one', 'two', 'three'])
    for (const { sender } of envelopes) expect(Buffer.from(sender)).toEqual(Buffer.from(uuidToBytes(alice.account)))
    await ofBob.acknowledge(envelopes)
    await send(ofBob, alice, 'back')
    expect(await ofAlice.receive(1)).toHaveLength(1)
  })

  test('[P57][K14] a typing notice too, and it is stored at neither', async () => {
    const { two, bob, ofAlice, ofBob } = await apart()
    const typing = { ...submissionTo(bob, 'typing'), ephemeral: true }
    await ofAlice.expect({ case: 'submit', value: typing }, 'accepted')
    const [envelope] = await ofBob.receive(1)
    expect(envelope).toMatchObject({ position: 0n })
    expect(Buffer.from(envelope?.content ?? []).toString()).toBe('typing')
    const again = await comeBack(two, bob)
    await again.pushed('caughtUp')
    expect(again.waiting('deliver')).toBe(0)
  })

  test('[P16][X5] a second connection replaces the first one at the other relay', async () => {
    const { one, bob, ofAlice, ofBob } = await apart()
    const second = await comeBack(one, bob)
    expect((await ofBob.pushed('goodbye')).reason).toBe(GoodbyeReason.REPLACED)
    await send(ofAlice, bob, 'here now')
    expect(await second.receive(1)).toHaveLength(1)
  })

  test('[P16] of many connections at once, at both, exactly one stays', async () => {
    const { one, two, bob } = await apart()
    const lines = await Promise.all(
      Array.from({ length: 12 }, (_, index) => comeBack(index % 2 === 0 ? one : two, bob)),
    )
    const open = () => lines.filter(({ socket }) => socket.readyState === socket.OPEN)
    await until(
      () => open().length <= 1,
      () => `${open().length} are connected`,
    )
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(open()).toHaveLength(1)
  })

  test('[S3][K4][K5][P34] two hundred askers at both get a hundred one-time prekeys, each once', async () => {
    const { one, two, bob, ofBob } = await apart()
    for (const first of [1, 34, 67])
      await ofBob.expect({ case: 'uploadKeys', value: keyUpload(bob, first === 67 ? 34 : 33, first) }, 'keysUploaded')
    const value = { account: uuidToBytes(bob.account), devices: [] }
    const askers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => join(index % 2 === 0 ? one : two, makePerson(`asker${index}`))),
    )
    const asked = Array.from({ length: 200 }, (_, index) =>
      askers[index % askers.length]?.expect({ case: 'fetchKeys', value }, 'keyBundles'),
    )
    const bundles = (await Promise.all(asked)).flatMap((answer) => answer?.bundles ?? [])
    expect(bundles).toHaveLength(200)
    const ids = bundles.flatMap(({ oneTimeEc }) => oneTimeEc?.id ?? [])
    expect(ids.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
    // [K6][P35] Bob hears of it at his relay, whoever was asked.
    expect((await ofBob.pushed('keysDepleted')).oneTimeEc).toBeLessThanOrEqual(10)
  })

  test('[K9][X3] another identity key is refused at the other relay as well', async () => {
    const { one, two, bob, ofBob } = await apart()
    const impostor = makePerson('bob', { account: bob.account, device: bob.device })
    await expect(comeBack(one, impostor)).rejects.toThrow(`refused (${Reason.IDENTITY_MISMATCH}`)
    await expect(join(two, { ...impostor, account: makePerson('x').account })).rejects.toThrow(
      `refused (${Reason.USERNAME_TAKEN}`,
    )
    expect(ofBob.socket.readyState).toBe(ofBob.socket.OPEN)
  })

  test('[D2][P21] a device taken off the list is cut off at the other relay, and gets nothing more', async () => {
    const { one, two, bob, ofAlice, ofBob } = await apart()
    const publish = () =>
      ofBob.expect({ case: 'publishDeviceList', value: { deviceList: signedList(bob) } }, 'deviceListPublished')
    await send(ofAlice, bob, 'so that the list is known there')
    const tablet = addDevice(bob, 2)
    await publish()
    const ofTablet = await comeBack(one, tablet)
    const stale = await ofAlice.ask({ case: 'submit', value: submissionTo(bob) })
    expect(stale).toMatchObject({ case: 'staleDevices', value: { missing: [2] } })
    const both = { ...submissionTo(bob), envelopes: [envelopeFor(bob), envelopeFor(tablet)] }
    await ofAlice.expect({ case: 'submit', value: both }, 'accepted')
    expect(await ofTablet.receive(1)).toHaveLength(1)
    bob.listed.pop()
    bob.listVersion += 1
    await publish()
    expect(await ofTablet.closed).toBe(1008)
    await expect(comeBack(two, tablet)).rejects.toThrow('refused')
  })

  test('[P59] who is erased at one relay is told at the other', async () => {
    const { one, alice, bob, ofAlice, ofBob } = await apart()
    const tablet = addDevice(bob, 2)
    await ofBob.expect({ case: 'publishDeviceList', value: { deviceList: signedList(bob) } }, 'deviceListPublished')
    const ofTablet = await comeBack(one, tablet)
    await ofBob.expect({ case: 'eraseAccount', value: {} }, 'erased')
    expect((await ofTablet.pushed('goodbye')).reason).toBe(GoodbyeReason.ERASED)
    expect(await ofAlice.ask({ case: 'submit', value: submissionTo(bob) })).toMatchObject({
      value: { reason: Reason.NO_SUCH_ACCOUNT },
    })
    await join(one, makePerson('bob'))
    expect(alice.account).not.toBe(bob.account)
  })
})

test('[P53] mail that was not told of, because a bell was lost, is there when the bell is back', async () => {
  const { bob, ofAlice, ofBob } = await apart()
  const client = new pg.Client(database)
  await client.connect()
  const cut = await client.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sotto-relay bell'`,
  )
  await client.end()
  expect(cut.rowCount).toBe(2)
  await send(ofAlice, bob, 'unheard')
  expect(await ofBob.receive(1)).toHaveLength(1)
  await send(ofAlice, bob, 'heard')
  expect(await ofBob.receive(1)).toHaveLength(1)
})

function admin(data: string, ...command: string[]): Promise<string[]> {
  return new Promise((resolve) => {
    execFile(process.execPath, [RELAY, 'admin', '--data', data, ...command], (_, stdout, stderr) =>
      resolve(`${stdout}${stderr}`.trim().split('\n')),
    )
  })
}

describe('administered at one relay', () => {
  test('[P17][P59] an invitation that it makes is good at the other, once, and whom it erases is gone there', async () => {
    const store = ['--store', await server.database(), '--invited']
    const data = temporaryFolder()
    const one = await startRelay(data, store)
    const two = await startRelay(temporaryFolder(), store)
    const [invitation] = await admin(data, 'invite')
    const ofAlice = await join(two, makePerson('alice'), invitation)
    await expect(join(one, makePerson('bob'), invitation)).rejects.toThrow(`refused (${Reason.INVITATION_NEEDED}`)
    expect(await admin(data, 'erase', 'alice')).toEqual(['erased alice'])
    expect((await ofAlice.pushed('goodbye')).reason).toBe(GoodbyeReason.ERASED)
    const [another] = await admin(data, 'invite')
    await join(two, makePerson('alice'), another)
    expect(await admin(data, 'stats')).toEqual(expect.arrayContaining(['accounts\t1', 'invitations\t0']))
  })

  test('[P19] Bob is out at the other until he is enabled; backups are PostgreSQL’s own', async () => {
    const store = ['--store', await server.database()]
    const data = temporaryFolder()
    await startRelay(data, store)
    await expect(startRelay(data, store)).rejects.toThrow(`ended with 1: another relay is using ${data}`)
    const other = await startRelay(temporaryFolder(), store)
    const bob = makePerson('bob')
    const ofBob = await join(other, bob)
    expect(await admin(data, 'disable', 'bob')).toEqual(['disabled bob'])
    expect(await ofBob.closed).toBe(1008)
    await expect(comeBack(other, bob)).rejects.toThrow(`refused (${Reason.ACCOUNT_DISABLED}`)
    const [, row] = await admin(data, 'accounts')
    expect(row?.split('\t')).toEqual(['bob', bob.account, '1', '0', ...Array(3).fill(expect.stringMatching(/^\d{4}-/))])
    expect(await admin(data, 'stats')).toEqual(expect.arrayContaining(['accounts\t1', 'disabled\t1', 'envelopes\t0']))
    expect(await admin(data, 'enable', 'bob')).toEqual(['enabled bob'])
    await comeBack(other, bob)
    expect(await admin(data, 'backup', 'copy')).toEqual([expect.stringMatching(/pg_dump$/)])
    expect(await admin(data, ...store, 'restore', 'copy')).toEqual([expect.stringMatching(/pg_dump$/)])
  })
})

async function health({ url }: RelayProcess): Promise<number> {
  return (await fetch(`${url.replace('ws:', 'http:')}/health`)).status
}

test('a database that is not there is told by its name', async () => {
  const store = ['--store', (await server.database()).replace(/relay_\d+/, 'nope')]
  await expect(startRelay(temporaryFolder(), store)).rejects.toThrow(
    'ended with 1: the database of --store cannot be used: database "nope" does not exist',
  )
})

describe('[S2] while the database is away', () => {
  test('nothing is accepted; when it is back everything goes on, on the same connections', async () => {
    const { one, alice, bob, ofAlice, ofBob } = await apart()
    await send(ofAlice, bob, 'before')
    await ofBob.acknowledge(await ofBob.receive(1))
    expect(await admin(folders[0], 'health')).toEqual(['well'])
    await server.kill()
    expect(await ofAlice.ask({ case: 'submit', value: submissionTo(bob, 'lost') })).toMatchObject({
      case: 'refused',
      value: { reason: Reason.UNAVAILABLE },
    })
    // [P8] So that a balancer sends nobody there, and whoever looks is told.
    expect(await health(one)).toBe(503)
    expect(await admin(folders[0], 'health')).toEqual([expect.stringMatching(/^its store does not answer/)])
    await server.start()
    await until(async () => (await health(one)) === 200, 'it to be well')
    const value = submissionTo(bob, 'after')
    await until(async () => (await ofAlice.ask({ case: 'submit', value })).case === 'accepted', 'it to be accepted')
    const [envelope] = await ofBob.receive(1)
    expect(Buffer.from(envelope?.content ?? []).toString()).toBe('after')
    const typing = { ...submissionTo(alice, 'typing'), ephemeral: true }
    await until(async () => {
      await ofBob.ask({ case: 'submit', value: typing })
      return ofAlice.waiting('deliver') > 0
    }, 'a typing notice at the other relay')
  })
})
