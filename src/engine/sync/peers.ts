// The devices of others: who they are by the signed list, and a session with each before anything is sealed.

import type { KeyBundles, SignedDeviceList } from '../../protocol/generated/relay_pb.ts'
import { type Answer, answer, refuse } from '../../shared/answer.ts'
import { type AccountId, type DeviceId, uuidToBytes } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import type { CrashPoint } from '../crash-points.ts'
import { noteNewSafetyNumber } from '../messages/stored.ts'
import type { Own } from '../own.ts'
import type { Clock, Log, Random } from '../ports.ts'
import type { Queue } from '../queue.ts'
import { sameBytes } from '../signal/bytes.ts'
import { devicesOf, type ListedDevice, verifyDeviceList } from '../signal/device-list.ts'
import type { Signal } from '../signal/signal.ts'
import type { SignalUnit } from '../signal/unit.ts'
import { readAccount, type StoredDeviceList } from '../storage/account.ts'
import { forgetDeviceList, readDeviceList, readListBytes, writeDeviceList } from '../storage/device-lists.ts'
import { noteListedDevices } from '../storage/group-outbox.ts'
import { readIdentity } from '../storage/identities.ts'
import { Touched } from '../touched.ts'
import type { RelayConnection } from './connection.ts'
import type { Lists } from './lists.ts'

export interface PeersNeeds {
  sql: Sql
  clock: Clock
  random: Random
  log: Log
  work: Queue
  signal: Signal
  connection: RelayConnection
  own: Own
  lists: Lists
  /** In the work queue: our own list, as the relay shows it. */
  takeOwn(identityKey: Uint8Array, signed: SignedDeviceList): Promise<void>
  tell(touched: Touched): void
  crash(point: CrashPoint): void
}

export interface Peers {
  /** Their device list is known and each device (or this one) has a session; asks the relay for what is lacking. */
  getReady(recipient: AccountId, only: DeviceId | undefined): Promise<Answer<null>>
  /** Every listed device (or this one), if all have a session now. */
  readyDevices(unit: SignalUnit, recipient: AccountId, only: DeviceId | undefined): DeviceId[] | undefined
  /** After the relay said that they have changed: the list anew, and a new session with each of these. */
  refresh(recipient: AccountId, changed: readonly DeviceId[]): Promise<Answer<null>>
  registrationId(recipient: AccountId, device: DeviceId): number | undefined
}

/** Parsed: some hundred bytes each. More than the largest group has members. */
const LISTS_KEPT = 1_200

export function createPeers(needs: PeersNeeds): Peers {
  const { sql, signal, connection, work, log, own, lists } = needs

  // Lists are read as often as something is said, and change when somebody has another device.
  const parsed = new Map<AccountId, { list: Uint8Array; devices: readonly ListedDevice[] }>()

  function listed(recipient: AccountId): readonly ListedDevice[] {
    if (recipient === own.account) return own.others
    const list = readListBytes(sql, recipient)
    if (list === undefined) return []
    const before = parsed.get(recipient)
    if (before !== undefined && sameBytes(before.list, list)) return before.devices
    const devices = devicesOf({ list })
    if (parsed.size === LISTS_KEPT) parsed.clear()
    parsed.set(recipient, { list, devices })
    return devices
  }

  function wanted(recipient: AccountId, only: DeviceId | undefined): DeviceId[] {
    const devices = listed(recipient).map((device) => device.device)
    return only === undefined ? devices : devices.filter((device) => device === only)
  }

  function readyDevices(unit: SignalUnit, recipient: AccountId, only: DeviceId | undefined): DeviceId[] | undefined {
    if (signal.trust(unit, recipient) !== 'trusted') return undefined
    const devices = wanted(recipient, only)
    if (devices.length === 0) return undefined
    return devices.every((device) => signal.hasSession(unit, { account: recipient, device })) ? devices : undefined
  }

  async function getReady(recipient: AccountId, only: DeviceId | undefined): Promise<Answer<null>> {
    const unit = signal.unit()
    if (signal.trust(unit, recipient) === 'changed') return refuse('safety-number-changed')
    if (readyDevices(unit, recipient, only) !== undefined) return answer(null)
    const devices = wanted(recipient, only)
    const lacking = devices.filter((device) => !signal.hasSession(unit, { account: recipient, device }))
    return fetch(recipient, lacking)
  }

  /** Asks for bundles of these devices, of all if none is named, and begins sessions where there are none. */
  async function fetch(recipient: AccountId, devices: readonly DeviceId[]): Promise<Answer<null>> {
    const fetched = await connection.ask(
      { case: 'fetchKeys', value: { account: uuidToBytes(recipient), devices: [...devices] } },
      'keyBundles',
    )
    if (!fetched.ok) return fetched
    needs.crash('keys.fetched')
    return work.run(() => take(recipient, fetched.value))
  }

  async function take(recipient: AccountId, bundles: KeyBundles): Promise<Answer<null>> {
    // Our own list is taken for itself: it may say that this device is none of ours any more.
    if (recipient === own.account && bundles.deviceList !== undefined)
      await needs.takeOwn(bundles.identityKey, bundles.deviceList)
    const unit = signal.unit()
    const touched = new Touched()
    try {
      const outcome = await beginSessions(unit, recipient, bundles)
      sql.transaction(() => {
        unit.flush()
        if (outcome.is === 'changed') {
          forgetDeviceList(sql, recipient)
          noteNewSafetyNumber(needs, touched, recipient)
        }
        if (outcome.is === 'begun' && recipient !== own.account) {
          writeDeviceList(sql, recipient, outcome.list)
          noteListedDevices(
            sql,
            recipient,
            devicesOf(outcome.list).map(({ device }) => device),
          )
        }
      })
      unit.settled()
      lists.forget(recipient)
      needs.crash('keys.committed')
      needs.tell(touched)
      return outcome.is === 'begun'
        ? answer(null)
        : outcome.is === 'changed'
          ? refuse('safety-number-changed')
          : refuse('relay-refused', outcome.why)
    } catch (error) {
      unit.abandon()
      throw error
    }
  }

  async function beginSessions(unit: SignalUnit, recipient: AccountId, bundles: KeyBundles): Promise<Begun> {
    const signed = bundles.deviceList
    if (signed === undefined) return { is: 'refused', why: 'no device list' }
    const pinned = readIdentity(sql, recipient)
    const sameKey = pinned !== undefined && sameBytes(pinned.key, bundles.identityKey)
    const known = recipient === own.account ? readAccount(sql)?.deviceList : readDeviceList(sql, recipient)
    const isOwn = recipient === own.account
    const verdict = verifyDeviceList(signed, recipient, bundles.identityKey, sameKey || isOwn ? known : undefined)
    if (verdict.is === 'refused') return { is: 'refused', why: `device list: ${verdict.why}` }
    for (const bundle of bundles.bundles) {
      const device = verdict.devices.find((one) => one.device === bundle.device)
      // [P21] A device nobody signed for, or under another registration id, is never encrypted to.
      if (device === undefined || device.registrationId !== bundle.registrationId) {
        log.warn('peers.unsigned-device')
        continue
      }
      const peer = { account: recipient, device: device.device }
      if ((sameKey || isOwn) && signal.hasSession(unit, peer)) continue
      const begun = await signal.begin(unit, peer, bundle, bundles.identityKey)
      if (begun === 'identity-changed') return isOwn ? { is: 'refused', why: 'another identity' } : { is: 'changed' }
      if (begun !== 'begun') return { is: 'refused', why: begun }
    }
    // What a device that is gone could still bring is not shown; it is sealed with no more.
    for (const peer of unit.sessionAddresses(recipient))
      if (!verdict.devices.some(({ device }) => device === peer.device)) signal.archive(unit, peer)
    return { is: 'begun', list: verdict.stored }
  }

  return {
    getReady,
    readyDevices,
    async refresh(recipient, changed) {
      await work.run(async () => {
        const unit = signal.unit()
        for (const device of changed) signal.archive(unit, { account: recipient, device })
        sql.transaction(() => unit.flush())
        unit.settled()
      })
      return fetch(recipient, [])
    },
    registrationId: (recipient, device) => listed(recipient).find((one) => one.device === device)?.registrationId,
  }
}

type Begun = { is: 'begun'; list: StoredDeviceList } | { is: 'changed' } | { is: 'refused'; why: string }
