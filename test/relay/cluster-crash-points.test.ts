// One of two relays on a PostgreSQL is killed around a commit, and nobody heard an answer: the same is asked again at the
// other one, and it is as if it had been asked once.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/host/clock.ts'
import { TOKEN_HEADER } from '../../src/protocol/blobs.ts'
import { GoodbyeReason, Reason } from '../../src/protocol/generated/relay_pb.ts'
import { createAdministration } from '../../src/relay/administration.ts'
import { openDiskBlobs } from '../../src/relay/blobs/disk.ts'
import { uuidToBytes } from '../../src/shared/ids.ts'
import {
  addDevice,
  comeBack,
  dial,
  hello,
  join,
  keyUpload,
  type Line,
  makePerson,
  signedList,
  submissionTo,
} from './device.ts'
import { type OpenRelay, openRelay, temporaryFolder } from './open.ts'
import { postgresForThisFile } from './postgres.ts'
import { openPostgresNode } from './postgres-node.ts'
import { RELAY, type RelayProcess, startRelay } from './process.ts'
import { announce, ask, got, offset, patch } from './upload.ts'

const server = postgresForThisFile()
let database: string
let blobs: string

beforeEach(async () => {
  database = await server.database()
  blobs = temporaryFolder()
})

const around = (write: string) => [`${write}:before-commit`, `${write}:after-commit`]
const portOf = ({ url }: RelayProcess | OpenRelay) => ({ port: Number(new URL(url).port) })

/** It dies when it comes to that for the first time. */
function startDying(point: string, data = temporaryFolder(), more: string[] = []): Promise<RelayProcess> {
  return startRelay(data, ['--store', database, '--blobs', blobs, ...more], `${point}:1`)
}

/** One that does not die, so that it may be of this process. */
async function openOther(invitations: 'open' | 'invited' = 'open') {
  const { store, bell, close } = await openPostgresNode(database)
  onTestFinished(close)
  const place = await openDiskBlobs(blobs)
  const relay = await openRelay({
    store: { ...store, close: async () => {} },
    bell,
    blobs: place,
    access: { loopbackOnly: true, invitations },
  })
  const administration = createAdministration({ store, blobs: place, bell, clock: systemClock })
  return Object.assign(relay, { administration })
}

async function twoRelays(point: string) {
  return { dying: await startDying(point), other: await openOther() }
}

/** It was asked, and the relay is gone. */
async function died(dying: RelayProcess, asked: Promise<unknown>): Promise<void> {
  await expect(asked).rejects.toThrow()
  expect(await dying.ended).toBe('SIGKILL')
}

async function refusalOf(line: Promise<Line>): Promise<string> {
  return line.then(
    () => 'none',
    (error: Error) => error.message,
  )
}

test.each(around('register'))('[P14][P17][P82] registering, at %s: one account, one invitation used', async (point) => {
  const other = await openOther('invited')
  const dying = await startDying(point, temporaryFolder(), ['--invited'])
  const code = await other.relay.invite()
  const carol = makePerson('carol')
  await died(dying, join(dying, carol, code))
  const line = await join(other, carol, code)
  await line.expect({ case: 'lookUp', value: { username: 'carol' } }, 'found')
  expect(await refusalOf(join(other, makePerson('mallory'), code))).toContain(`refused (${Reason.INVITATION_NEEDED}`)
})

test.each(around('devices'))('[P21][P82] a new device list, at %s: it is there', async (point) => {
  const { dying, other } = await twoRelays(point)
  const bob = makePerson('bob')
  const line = await join(dying, bob)
  const tablet = addDevice(bob, 2)
  const value = { deviceList: signedList(bob) }
  await died(dying, line.ask({ case: 'publishDeviceList', value }))
  const again = await (await comeBack(other, bob)).ask({ case: 'publishDeviceList', value })
  // What was committed is not newer than itself.
  expect(again.case).toBe(point.includes('before') ? 'deviceListPublished' : 'refused')
  await comeBack(other, tablet)
})

test.each(around('keys'))('[P30][P82] prekeys, at %s: each once', async (point) => {
  const { dying, other } = await twoRelays(point)
  const bob = makePerson('bob')
  const value = keyUpload(bob, 5)
  const line = await join(dying, bob)
  await died(dying, line.ask({ case: 'uploadKeys', value }))
  const again = await comeBack(other, bob)
  const uploaded = await again.expect({ case: 'uploadKeys', value }, 'keysUploaded')
  expect(uploaded).toMatchObject({ oneTimeEc: 5, oneTimeKyber: 5 })
})

test.each(around('erase'))('[P59][P82] erasing, at %s: the account is gone, and its name free', async (point) => {
  const { dying, other } = await twoRelays(point)
  const bob = makePerson('bob')
  const line = await join(dying, bob)
  await died(dying, line.ask({ case: 'eraseAccount', value: {} }))
  if (point.includes('before')) {
    await (await comeBack(other, bob)).expect({ case: 'eraseAccount', value: {} }, 'erased')
  } else expect(await refusalOf(comeBack(other, bob))).toContain(`refused (${Reason.NO_SUCH_ACCOUNT}`)
  await join(other, makePerson('bob'))
})

test.each(around('seen'))('[P16][P82] connecting, at %s: at the other one, once', async (point) => {
  const bob = makePerson('bob')
  const { dying, other } = await twoRelays(point)
  const before = await join(other, bob)
  await died(dying, comeBack(dying, bob))
  const line = await comeBack(other, bob)
  expect((await before.pushed('goodbye')).reason).toBe(GoodbyeReason.REPLACED)
  await line.expect({ case: 'lookUp', value: { username: 'bob' } }, 'found')
})

test.each([...around('schedule'), ...around('cancel')])(
  '[P160][P162][S10][P82] scheduling and calling off, at %s: it comes once, or not at all',
  async (point) => {
    const { dying, other } = await twoRelays(point)
    const [alice, bob] = [makePerson('alice'), makePerson('bob')]
    const ofBob = await join(other, bob)
    const line = await join(dying, alice)
    const value = { ...submissionTo(bob, 'later'), deliverAfterMs: BigInt(Date.now() + 2000) }
    const calledOff = {
      case: 'cancelScheduled' as const,
      value: { recipient: uuidToBytes(bob.account), submission: value.submission },
    }
    const isCancelling = point.startsWith('cancel')
    if (isCancelling) {
      await line.expect({ case: 'submit', value }, 'accepted')
      await died(dying, line.ask(calledOff))
    } else await died(dying, line.ask({ case: 'submit', value }))
    const again = await comeBack(other, alice)
    if (isCancelling) await again.expect(calledOff, 'scheduledCancelled')
    else await again.expect({ case: 'submit', value }, 'accepted')
    const behind = { ...submissionTo(bob, 'behind it'), deliverAfterMs: value.deliverAfterMs + 500n }
    await again.expect({ case: 'submit', value: behind }, 'accepted')
    const expected = isCancelling ? ['behind it'] : ['later', 'behind it']
    const came = await ofBob.receive(expected.length)
    expect(came.map(({ content }) => Buffer.from(content).toString())).toEqual(expected)
  },
)

test.each(around('release'))('[P160][S10][P82] releasing, at %s: it comes once', async (point) => {
  const dying = await startDying(point)
  const [alice, bob] = [makePerson('alice'), makePerson('bob')]
  await (await join(dying, bob)).hangUp()
  const value = { ...submissionTo(bob, 'scheduled'), deliverAfterMs: BigInt(Date.now() + 500) }
  const line = await join(dying, alice)
  await line.expect({ case: 'submit', value }, 'accepted')
  expect(await dying.ended).toBe('SIGKILL')
  const other = await openOther()
  const [ofAlice, ofBob] = [await comeBack(other, alice), await comeBack(other, bob)]
  const came = await ofBob.receive(1)
  await ofAlice.expect({ case: 'submit', value: submissionTo(bob, 'behind it') }, 'accepted')
  came.push(...(await ofBob.receive(1)))
  expect(came.map(({ content }) => Buffer.from(content).toString())).toEqual(['scheduled', 'behind it'])
})

test.each([...around('upload'), ...around('whole'), ...around('forget')])(
  '[S2][S9][P82] an upload, at %s: it goes on at the other one, and what is forgotten is gone',
  async (point) => {
    const { dying, other } = await twoRelays(point)
    const alice = makePerson('alice')
    const line = await join(dying, alice)
    if (point.startsWith('upload')) {
      await died(dying, announce(line))
      const picture = await announce(await comeBack(other, alice))
      expect(await patch(portOf(other), picture, 0)).toEqual([204, '1000'])
      return
    }
    const picture = await announce(line)
    if (point.startsWith('whole')) {
      await died(dying, patch(portOf(dying), picture, 0))
      const [, held] = await offset(portOf(other), picture)
      expect(await patch(portOf(other), picture, Number(held))).toEqual([204, '1000'])
      expect(await got(portOf(other), picture)).toEqual(new Uint8Array(picture.bytes))
      return
    }
    await patch(portOf(dying), picture, 0)
    const forget = (relay: RelayProcess | OpenRelay) =>
      ask(portOf(relay), picture, { method: 'DELETE', headers: { [TOKEN_HEADER]: picture.token } })
    await died(dying, forget(dying))
    expect([204, 404]).toContain((await forget(other)).status)
    expect(await got(portOf(other), picture)).toBe(404)
  },
)

test.each(around('rendezvous'))('[P102][P106][P82] a rendezvous, at %s: another one at the other', async (point) => {
  const { dying, other } = await twoRelays(point)
  const fresh = await dial(dying)
  await hello(fresh)
  await died(dying, fresh.ask({ case: 'openRendezvous', value: {} }))
  const again = await dial(other)
  await hello(again)
  const { code } = await again.expect({ case: 'openRendezvous', value: {} }, 'rendezvousOpened')
  await (await join(other, makePerson('alice'))).expect({ case: 'joinRendezvous', value: { code } }, 'rendezvousJoined')
})

test.each(around('disable'))('[P19][P82] disabling somebody, at %s: at the other one, as if once', async (point) => {
  const data = temporaryFolder()
  const dying = await startDying(point, data)
  const other = await openOther()
  const ofBob = await join(other, makePerson('bob'))
  const command = [RELAY, 'admin', '--data', data, 'disable', 'bob']
  await died(dying, promisify(execFile)(process.execPath, command))
  expect(await other.administration.disable('bob')).toBe(true)
  expect(await ofBob.closed).toBe(1008)
})

test.each(around('expire'))('[P54][P82] sweeping, at %s: what waits is still there', async (point) => {
  const other = await openOther()
  const [alice, bob] = [makePerson('alice'), makePerson('bob')]
  await (await join(other, bob)).hangUp()
  const line = await join(other, alice)
  await line.expect({ case: 'submit', value: submissionTo(bob, 'waits') }, 'accepted')
  const dying = await startDying(point)
  expect(await dying.ended).toBe('SIGKILL')
  expect(await (await comeBack(other, bob)).receive(1)).toHaveLength(1)
})
