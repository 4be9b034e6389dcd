// What a relay was not told by the others, because a notice was lost: it looks, and nobody stays who may not.

import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { verifySignature } from '../../src/engine/signal/verify.ts'
import { systemClock } from '../../src/host/clock.ts'
import { systemRandom } from '../../src/host/random.ts'
import { GoodbyeReason } from '../../src/protocol/generated/relay_pb.ts'
import { createAdministration } from '../../src/relay/administration.ts'
import { DEFAULT_LIMITS } from '../../src/relay/limits.ts'
import { createRelay } from '../../src/relay/relay.ts'
import type { AdministeredStore, DeviceList } from '../../src/relay/store.ts'
import { openClusterBell, RING_ANYWAY_EVERY } from '../../src/relay/stores/postgres/bell.ts'
import { openPostgresStore } from '../../src/relay/stores/postgres.ts'
import type { DeviceId, Instant, RegistrationId } from '../../src/shared/ids.ts'
import { until } from '../until.ts'
import { createTestClock } from './clock.ts'
import {
  type Address,
  addDevice,
  comeBack,
  identityKey,
  join,
  type Line,
  makePerson,
  type Person,
  signedList,
  submissionTo,
} from './device.ts'
import { postgresForThisFile } from './postgres.ts'

const server = postgresForThisFile()

interface Node extends Address {
  store: AdministeredStore
  administration: ReturnType<typeof createAdministration>
  /** A minute of its bell. */
  minutePasses(): void
  /** Its bell was lost, and may be made anew. */
  bellComesBack(): Promise<void>
  logged: string[]
}

/** The clock of its bell is for us to move; all else has the real one. */
async function openNode(url: string): Promise<Node> {
  const clock = createTestClock()
  const logged: string[] = []
  const note = (event: string) => void logged.push(event)
  const log = { info: note, warn: note, error: note }
  const ports = { clock: systemClock, random: systemRandom, log }
  const store = await openPostgresStore({ ...ports, url })
  const bell = await openClusterBell({ ...ports, clock, url })
  const relay = createRelay({
    ...ports,
    store,
    bell,
    limits: DEFAULT_LIMITS,
    verify: verifySignature,
    access: { loopbackOnly: true, invitations: 'open' },
  })
  const { port } = await relay.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(async () => {
    await relay.close()
    await bell.close()
    await store.close()
  })
  return {
    url: `ws://127.0.0.1:${port}`,
    store,
    administration: createAdministration({ store, blobs: undefined, bell, clock: systemClock }),
    minutePasses: () => clock.advance(RING_ANYWAY_EVERY),
    bellComesBack: async () => {
      await until(() => logged.includes('bell lost'), 'the bell to be lost')
      clock.advance(100)
      await until(() => logged.includes('bell is back'), 'the bell to be back')
    },
    logged,
  }
}

function lookUp(line: Line, username: string) {
  return line.expect({ case: 'lookUp', value: { username } }, 'found')
}

function send(line: Line, person: Person, content: string) {
  return line.expect({ case: 'submit', value: submissionTo(person, content) }, 'accepted')
}

describe('a minute after what nobody told', () => {
  const now = () => systemClock.now()
  const listOf = (version: number, device: number, registrationId: number): DeviceList => ({
    list: randomBytes(40),
    signature: randomBytes(64),
    version,
    devices: [{ device: device as DeviceId, registrationId: registrationId as RegistrationId }],
  })

  test.each<[string, (store: AdministeredStore, bob: Person) => Promise<unknown>]>([
    ['[P19] somebody who was disabled', (store, { account }) => store.setDisabled(account, now())],
    [
      '[P21][D2] a device that is listed no more',
      (store, { account }) => store.replaceDeviceList(account, listOf(2, 2, 7)),
    ],
    [
      '[P21] a device that is another installation now',
      (store, { account, registrationId }) => store.replaceDeviceList(account, listOf(2, 1, registrationId + 1)),
    ],
    [
      '[P97] whoever proved themselves by a key that was replaced',
      (store, bob) =>
        store.replaceIdentity(bob.account, {
          formerKey: identityKey(bob),
          identityKey: randomBytes(33),
          statement: randomBytes(10),
          deviceList: listOf(2, 1, bob.registrationId),
          standing: [],
        }),
    ],
  ])('%s is cut off', async (_, change) => {
    const node = await openNode(await server.database())
    const bob = makePerson('bob')
    const line = await join(node, bob)
    await change(node.store, bob)
    await lookUp(line, 'bob')
    node.minutePasses()
    expect(await line.closed).toBe(1008)
  })

  test.each<[string, GoodbyeReason, (store: AdministeredStore, bob: Person) => Promise<unknown>]>([
    ['[P59] somebody who was erased', GoodbyeReason.ERASED, (store, { account }) => store.eraseAccount(account)],
    [
      '[P16] a connection that another one replaced',
      GoodbyeReason.REPLACED,
      (store, bob) => store.enter(bob, randomBytes(32), now()),
    ],
  ])('%s is told so', async (_, reason, change) => {
    const node = await openNode(await server.database())
    const bob = makePerson('bob')
    const line = await join(node, bob)
    await change(node.store, bob)
    node.minutePasses()
    expect((await line.pushed('goodbye')).reason).toBe(reason)
  })

  test('[P53] whoever may be here stays, and hears what came', async () => {
    const node = await openNode(await server.database())
    const [alice, bob] = [makePerson('alice'), makePerson('bob')]
    const [ofAlice, ofBob] = [await join(node, alice), await join(node, bob)]
    const { account, device, registrationId } = bob
    const id = randomBytes(16)
    const content = Buffer.from('unheard')
    await node.store.append(
      {
        submission: id,
        recipient: account,
        sender: alice.account,
        senderDevice: alice.device,
        envelopes: [{ device, registrationId, type: 1, content }],
        partial: false,
      },
      now() as Instant,
    )
    node.minutePasses()
    expect(await ofBob.receive(1)).toHaveLength(1)
    await lookUp(ofAlice, 'bob')
    await lookUp(ofBob, 'alice')
  })
})

describe('while a relay does not hear the others', () => {
  async function deafAtTwo() {
    const url = await server.database()
    const [one, two] = [await openNode(url), await openNode(url)]
    const bob = makePerson('bob')
    const ofBob = await join(two, bob)
    const ofAlice = await join(one, makePerson('alice'))
    const client = new pg.Client(url)
    await client.connect()
    onTestFinished(() => client.end())
    let notices = 0
    client.on('notification', () => {
      notices += 1
    })
    await client.query('LISTEN sotto')
    await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sotto-relay bell'
        AND datname = current_database()`,
    )
    await one.bellComesBack()
    const told = () => until(() => notices > 0, 'a notice, which is lost to two')
    return { one, two, bob, ofBob, ofAlice, told }
  }

  test('[P19] who is disabled elsewhere is out when it hears again', async () => {
    const { one, two, ofBob, told } = await deafAtTwo()
    await one.administration.disable('bob')
    await told()
    await lookUp(ofBob, 'alice')
    await two.bellComesBack()
    expect(await ofBob.closed).toBe(1008)
  })

  test('[P21][D2] a device that was removed elsewhere is out when it hears again', async () => {
    const { one, two, bob, ofBob, told } = await deafAtTwo()
    const tablet = addDevice(bob, 2)
    const publish = (line: Line) =>
      line.expect({ case: 'publishDeviceList', value: { deviceList: signedList(bob) } }, 'deviceListPublished')
    await publish(ofBob)
    const ofTablet = await comeBack(two, tablet)
    const laptop = addDevice(bob, 3)
    await publish(ofBob)
    const ofLaptop = await comeBack(one, laptop)
    bob.listed.splice(1, 1)
    bob.listVersion += 1
    await publish(ofLaptop)
    await told()
    await two.bellComesBack()
    expect(await ofTablet.closed).toBe(1008)
    await lookUp(ofBob, 'bob')
  })

  test('[P16] of two connections the newer one stays, and what was sent meanwhile is there', async () => {
    const { one, two, bob, ofBob, ofAlice, told } = await deafAtTwo()
    const newer = await comeBack(one, bob)
    await told()
    await lookUp(ofBob, 'bob')
    const ofCarol = await join(two, makePerson('carol'))
    await send(ofCarol, bob, 'told to the older one only')
    await two.bellComesBack()
    expect((await ofBob.pushed('goodbye')).reason).toBe(GoodbyeReason.REPLACED)
    expect(await newer.receive(1)).toHaveLength(1)
    await send(ofAlice, bob, 'and now')
    expect(await newer.receive(1)).toHaveLength(1)
  })

  test('[P16] a connection at the relay that hears nothing replaces the one elsewhere when it hears again', async () => {
    const { one, two } = await deafAtTwo()
    const carol = makePerson('carol')
    const older = await join(one, carol)
    const newer = await comeBack(two, carol)
    await two.bellComesBack()
    expect((await older.pushed('goodbye')).reason).toBe(GoodbyeReason.REPLACED)
    await lookUp(newer, 'bob')
  })
})
