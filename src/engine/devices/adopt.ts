// A further device of an account: what the device that has it gives, and the account that is made of it on the new one.

import { MAX_DEVICES } from '../../protocol/limits.ts'
import { type Answer, answer, refuse } from '../../shared/answer.ts'
import { type AccountId, DeviceId, type Instant, type RegistrationId, type Username } from '../../shared/ids.ts'
import type { RelayPlace, Settings } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'
import { renewSignedPreKeys, stockUp } from '../account/prekeys.ts'
import { readOwn } from '../account/read-own.ts'
import type { Clock, Random } from '../ports.ts'
import { devicesOf, highestDevice, signDeviceList, verifyDeviceList } from '../signal/device-list.ts'
import { type OwnAccount, OwnIdentity } from '../signal/own-identity.ts'
import { insertAccount, readAccount, type StoredDeviceList } from '../storage/account.ts'
import { setRegistered } from '../storage/own-state.ts'
import { readSettings, writeSettings } from '../storage/settings.ts'
import { announce, promiseToOwn, wantedBody } from './tell.ts'

/** All that a new device needs to be one of the account. Secret: it travels sealed, from device to device. */
export interface Provision {
  account: AccountId
  username: Username
  name: string
  profileVersion: number
  relay: RelayPlace
  /** libsignal's serialised identity key pair. */
  identity: Uint8Array
  /** The new device's number. */
  device: DeviceId
  /** With the new device in it, under the registration id that it told. */
  deviceList: StoredDeviceList
  settings: Settings
}

/** libsignal takes no higher ones. */
const HIGHEST_DEVICE = 127

/**
 * [P90] What this device gives to one that is to be added, under the registration id that it has drawn. Nothing is stored
 * or told: the list counts once the new device has brought it to the relay [P18], with its keys right behind. Refused
 * with too-many-devices.
 */
export function addDevice(
  deps: { sql: Sql; clock: Clock },
  own: OwnAccount,
  { registrationId }: { registrationId: RegistrationId },
): Answer<Provision> {
  const stored = readAccount(deps.sql)
  if (stored === undefined) throw new Error('there is no account to add a device to')
  const devices = devicesOf(stored.deviceList)
  const device = DeviceId.safeParse(highestDevice(stored.deviceList) + 1)
  if (devices.length >= MAX_DEVICES || !device.success || device.data > HIGHEST_DEVICE)
    return refuse('too-many-devices', `at most ${MAX_DEVICES}, and ${HIGHEST_DEVICE} ever`)
  const added = { device: device.data, registrationId, addedAt: deps.clock.now() }
  const version = stored.deviceList.version + 1
  return answer({
    account: own.account,
    username: stored.username,
    name: stored.name,
    profileVersion: stored.profileVersion,
    relay: stored.relay,
    identity: own.identity.record(),
    device: device.data,
    deviceList: signDeviceList(own.identity, own.account, version, [...devices, added]),
    settings: readSettings(deps.sql),
  })
}

/**
 * The other half: an account of its own prekeys, under the registration id that was told. `name` is what this device is
 * called. Refused with bad-input if the
 * list is not signed by the identity key, or this device is not in it; with profile-exists where there is an account.
 */
export function adoptAccount(
  deps: { sql: Sql; clock: Clock; random: Random },
  provision: Provision,
  { registrationId, name }: { registrationId: RegistrationId; name: string | undefined },
): Answer<OwnAccount> {
  const { sql } = deps
  if (readAccount(sql) !== undefined) return refuse('profile-exists')
  const identity = readIdentity(provision.identity)
  if (identity === undefined) return refuse('bad-input', 'not an identity')
  const { account, device, deviceList } = provision
  const verdict = verifyDeviceList(deviceList, account, identity.publicKey)
  const listed =
    verdict.is === 'genuine' &&
    verdict.devices.some((one) => one.device === device && one.registrationId === registrationId)
  if (!listed) return refuse('bad-input', 'a device list without this device')
  const own: OwnAccount = { account, device, registrationId, identity }
  const now: Instant = deps.clock.now()
  sql.transaction(() => {
    insertAccount(sql, {
      account,
      device,
      registrationId,
      identity: identity.record(),
      deviceList: verdict.stored,
      username: provision.username,
      name: provision.name,
      profileVersion: provision.profileVersion,
      relay: provision.relay,
      created: now,
    })
    renewSignedPreKeys(sql, own, now)
    stockUp(sql, own, now)
    writeSettings(sql, provision.settings)
    // The relay knows the account: this device authenticates, and brings the list that it is in.
    setRegistered(sql)
    const needs = { ...deps, own: readOwn(sql, own) }
    // Goes out with the first connection: from the others this device hears how everything stands.
    if (name !== undefined) announce(needs, `device/${device}`, name)
    promiseToOwn(needs, wantedBody())
  })
  return answer(own)
}

function readIdentity(record: Uint8Array): OwnIdentity | undefined {
  try {
    return OwnIdentity.fromRecord(record)
  } catch {
    return undefined
  }
}
