// A further device: made of what another one gives, with keys of its own, listed by a signature.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { openAccount } from '../../../src/engine/account/create.ts'
import { addDevice, adoptAccount } from '../../../src/engine/devices/adopt.ts'
import { devicesOf, highestDevice, signDeviceList } from '../../../src/engine/signal/device-list.ts'
import { OwnIdentity } from '../../../src/engine/signal/own-identity.ts'
import { changeRegistration, readAccount } from '../../../src/engine/storage/account.ts'
import { migrate } from '../../../src/engine/storage/migrate.ts'
import { migrations } from '../../../src/engine/storage/migrations.ts'
import { systemRandom } from '../../../src/host/random.ts'
import { DeviceId, RegistrationId } from '../../../src/shared/ids.ts'
import type { Person } from '../../person.ts'
import { World } from '../../world.ts'
import { openSql } from '../open-sql.ts'

let world: World
let alice: Person
beforeEach(async () => {
  world = await World.create()
  alice = await world.person('Alice')
})
afterEach(() => world.close())

const registrationId = RegistrationId.parse(4711)

function provision() {
  const { sql } = alice.device
  const account = openAccount(sql)
  if (account === undefined) throw new Error('Alice has no account')
  return addDevice({ sql, clock: world.clock }, account, { registrationId })
}

test('[P90] the new device authenticates under the same identity, with prekeys of its own, and both are there', async () => {
  const laptop = await world.linkDirectly(alice)
  const [one, other] = [readAccount(alice.device.sql), readAccount(laptop.device.sql)]
  expect(other?.identity).toEqual(one?.identity)
  expect(other?.registrationId).not.toBe(one?.registrationId)
  expect((await laptop.snapshot()).profile).toEqual({ ...(await alice.snapshot()).profile, device: 2 })
  const seen = await laptop.do('getRelayView', {})
  expect(seen.held.filter(({ what }) => what === 'last-seen')).toHaveLength(2)
  // One of each kind may have gone into the session that the second begins with the first.
  const held = seen.held.filter(({ what }) => what === 'one-time-prekeys')
  expect(held.map(({ count }) => (count ?? 0) >= 198)).toEqual([true, true])
})

test('[P90] a number that a device had is never given again', () => {
  const { sql } = alice.device
  const account = openAccount(sql)
  const stored = readAccount(sql)
  if (account === undefined || stored === undefined) throw new Error('Alice has no account')
  const before = signDeviceList(account.identity, account.account, 5, devicesOf(stored.deviceList), 3)
  changeRegistration(sql, account.registrationId, before)
  const given = provision()
  expect(given).toMatchObject({ ok: true, value: { device: 4 } })
  expect(given.ok && highestDevice(given.value.deviceList)).toBe(4)
})

test('[P90] an account has ten devices at most', () => {
  const { sql } = alice.device
  const account = openAccount(sql)
  if (account === undefined) throw new Error('Alice has no account')
  const ten = Array.from({ length: 10 }, (_, at) => ({
    device: DeviceId.parse(at + 1),
    registrationId,
    addedAt: world.clock.now(),
  }))
  changeRegistration(sql, account.registrationId, signDeviceList(account.identity, account.account, 2, ten))
  expect(provision()).toMatchObject({ ok: false, failure: { code: 'too-many-devices' } })
})

test('[P90][D2] what is signed by somebody else, or names another device, makes no account', () => {
  const given = provision()
  if (!given.ok) throw new Error('Alice cannot add a device')
  const sql = openSql()
  migrate(sql, migrations)
  const deps = { sql, clock: world.clock, random: systemRandom }
  const other = { ...given.value, identity: OwnIdentity.generate().record() }
  expect(adoptAccount(deps, other, { registrationId, name: undefined })).toMatchObject({
    failure: { code: 'bad-input' },
  })
  const another = RegistrationId.parse(1)
  expect(adoptAccount(deps, given.value, { registrationId: another, name: undefined })).toMatchObject({
    failure: { code: 'bad-input' },
  })
  expect(readAccount(sql)).toBeUndefined()
  expect(adoptAccount(deps, given.value, { registrationId, name: undefined })).toMatchObject({ ok: true })
  expect(adoptAccount(deps, given.value, { registrationId, name: undefined })).toMatchObject({
    failure: { code: 'profile-exists' },
  })
})
