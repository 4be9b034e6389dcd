// The account this database belongs to: one row, or none before it was created.

import type { AccountId, DeviceId, Instant, RegistrationId, Username } from '../../shared/ids.ts'
import { type RelayPlace, StoredRelayPlace } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'

export interface StoredDeviceList {
  version: number
  /** A serialised DeviceList, exactly as it was signed. */
  list: Uint8Array
  signature: Uint8Array
}

export interface StoredAccount {
  account: AccountId
  device: DeviceId
  registrationId: RegistrationId
  /** libsignal's serialised identity key pair: secret. */
  identity: Uint8Array
  deviceList: StoredDeviceList
  username: Username
  name: string
  profileVersion: number
  about: string
  detailsVersion: number
  relay: RelayPlace
  created: Instant
}

interface Row {
  account: AccountId
  device: DeviceId
  registration_id: RegistrationId
  identity: Uint8Array
  device_list_version: number
  device_list: Uint8Array
  device_list_signature: Uint8Array
  username: Username
  name: string
  profile_version: number
  about: string
  details_version: number
  relay: string
  created: Instant
}

export function readAccount(sql: Sql): StoredAccount | undefined {
  const row = sql.get<Row>(
    `SELECT account, device, registration_id, identity, device_list_version, device_list, device_list_signature,
            username, name, profile_version, about, details_version, relay, created FROM own_account`,
  )
  if (row === undefined) return undefined
  return {
    account: row.account,
    device: row.device,
    registrationId: row.registration_id,
    identity: row.identity,
    deviceList: { version: row.device_list_version, list: row.device_list, signature: row.device_list_signature },
    username: row.username,
    name: row.name,
    profileVersion: row.profile_version,
    about: row.about,
    detailsVersion: row.details_version,
    relay: StoredRelayPlace.parse(JSON.parse(row.relay)),
    created: row.created,
  }
}

/** What it says about itself beyond its name is added later. */
export function insertAccount(sql: Sql, stored: Omit<StoredAccount, 'about' | 'detailsVersion'>): void {
  sql.run(
    `INSERT INTO own_account (only_one, account, device, registration_id, identity, device_list_version, device_list,
                              device_list_signature, username, name, profile_version, relay, created)
     VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      stored.account,
      stored.device,
      stored.registrationId,
      stored.identity,
      stored.deviceList.version,
      stored.deviceList.list,
      stored.deviceList.signature,
      stored.username,
      stored.name,
      stored.profileVersion,
      JSON.stringify(stored.relay),
      stored.created,
    ],
  )
}

export function changeRegistration(sql: Sql, registrationId: RegistrationId, deviceList: StoredDeviceList): void {
  sql.run(
    'UPDATE own_account SET registration_id = ?, device_list_version = ?, device_list = ?, device_list_signature = ?',
    [registrationId, deviceList.version, deviceList.list, deviceList.signature],
  )
}

/** The profile version counts up, so that contacts know which of two is newer. */
export function rename(sql: Sql, name: string, version: number): void {
  sql.run('UPDATE own_account SET name = ?, profile_version = ?', [name, version])
}

/** [P97] Another identity key, and the list that it has signed. */
export function changeIdentity(sql: Sql, identity: Uint8Array, deviceList: StoredDeviceList): void {
  sql.run('UPDATE own_account SET identity = ?', [identity])
  changeDeviceList(sql, deviceList)
}

/** A list that another of our devices has signed, or we ourselves. */
export function changeDeviceList(sql: Sql, deviceList: StoredDeviceList): void {
  sql.run('UPDATE own_account SET device_list_version = ?, device_list = ?, device_list_signature = ?', [
    deviceList.version,
    deviceList.list,
    deviceList.signature,
  ])
}

export function setAbout(sql: Sql, about: string): void {
  sql.run('UPDATE own_account SET about = ?', [about])
}

/** [P170] What is said beyond the name has a version of its own. */
export function countDetails(sql: Sql): void {
  sql.run('UPDATE own_account SET details_version = details_version + 1')
}

/** As another of our devices has it. */
export function takeAbout(sql: Sql, about: string, version: number): void {
  sql.run('UPDATE own_account SET about = ?, details_version = ?', [about, version])
}
