// Signed device lists of others: who may speak for an account. What comes of a device that is in none is not shown [P94].

import type { SignedDeviceList } from '../../protocol/generated/relay_pb.ts'
import { type Answer, answer, refuse } from '../../shared/answer.ts'
import { type AccountId, type DeviceId, uuidToBytes } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import type { Own } from '../own.ts'
import type { Log } from '../ports.ts'
import type { Queue } from '../queue.ts'
import type { Address } from '../signal/address.ts'
import { sameBytes } from '../signal/bytes.ts'
import { devicesOf, verifyDeviceList } from '../signal/device-list.ts'
import type { SignalUnit } from '../signal/unit.ts'
import type { StoredDeviceList } from '../storage/account.ts'
import { readDeviceList, writeDeviceList } from '../storage/device-lists.ts'
import { noteListedDevices } from '../storage/group-outbox.ts'
import { readIdentity } from '../storage/identities.ts'
import type { RelayConnection } from './connection.ts'

export interface ListsNeeds {
  sql: Sql
  log: Log
  work: Queue
  own: Own
  connection: RelayConnection
  /** In the work queue: the own account's list, as the relay shows it. */
  takeOwn(identityKey: Uint8Array, signed: SignedDeviceList): Promise<void>
  /** In the work queue: the relay showed a list that is not theirs. */
  forged(account: AccountId): void
}

/** known: in the list of now · ask: not in what we know · new-key: in a list under the key that it came with, to be written. */
export type Listed = { is: 'known' } | { is: 'ask' } | { is: 'new-key'; list: StoredDeviceList }

export interface Lists {
  /** Before anything of it is opened. */
  mayBeListed(from: Address): boolean
  /** In the list under the key that is pinned. */
  isListed(from: Address): boolean
  /** Once it is opened, and its identity key is known to the unit. */
  check(unit: SignalUnit, from: Address): Listed
  /** Asks the relay for the list of an account. Refused if there is none to be had. */
  ask(account: AccountId): Promise<Answer<null>>
  /** The version that is known of an account under its pinned key; 0: none. */
  version(account: AccountId): number
  /** A list was written. */
  forget(account: AccountId): void
}

interface Known {
  version: number
  devices: ReadonlySet<DeviceId>
}

/** Lists kept at hand; the rest is read from the disk. */
const MOST_KEPT = 2_000

export function createLists(needs: ListsNeeds): Lists {
  const { sql, log, own, connection, work } = needs
  const kept = new Map<AccountId, Known>()
  /** Under keys that are not pinned: they count for what comes under the same key. */
  const shown = new Map<
    AccountId,
    { identityKey: Uint8Array; list: StoredDeviceList; devices: ReadonlySet<DeviceId> }
  >()

  function known(account: AccountId): Known {
    if (account === own.account)
      return { version: own.listVersion, devices: new Set(own.others.map(({ device }) => device)) }
    const before = kept.get(account)
    if (before !== undefined) return before
    const stored = readDeviceList(sql, account)
    const fresh = {
      version: stored?.version ?? 0,
      devices: new Set(stored === undefined ? [] : devicesOf(stored).map(({ device }) => device)),
    }
    if (kept.size >= MOST_KEPT) kept.clear()
    kept.set(account, fresh)
    return fresh
  }

  function take(account: AccountId, identityKey: Uint8Array, signed: SignedDeviceList): void {
    const pinned = readIdentity(sql, account)
    const isPinned = pinned !== undefined && sameBytes(pinned.key, identityKey)
    const verdict = verifyDeviceList(signed, account, identityKey, isPinned ? readDeviceList(sql, account) : undefined)
    if (verdict.is === 'refused') {
      log.warn('lists.refused', { why: verdict.why })
      // An old one is what a relay shows that was put back from a copy; the rest nobody honest has made.
      if (verdict.why !== 'older') needs.forged(account)
      return
    }
    if (isPinned) {
      sql.transaction(() => {
        writeDeviceList(sql, account, verdict.stored)
        noteListedDevices(
          sql,
          account,
          verdict.devices.map(({ device }) => device),
        )
      })
      kept.delete(account)
      return
    }
    if (shown.size >= MOST_KEPT) shown.clear()
    shown.set(account, {
      identityKey,
      list: verdict.stored,
      devices: new Set(verdict.devices.map(({ device }) => device)),
    })
  }

  return {
    mayBeListed: ({ account, device }) =>
      known(account).devices.has(device) || (shown.get(account)?.devices.has(device) ?? false),
    isListed: ({ account, device }) => known(account).devices.has(device),
    check(unit, { account, device }) {
      if (account === own.account) return known(account).devices.has(device) ? { is: 'known' } : { is: 'ask' }
      const pinned = readIdentity(sql, account)
      const now = unit.keys.identity(account)
      if (now === undefined) return { is: 'ask' }
      if (pinned !== undefined && sameBytes(pinned.key, now.key) && known(account).devices.has(device))
        return { is: 'known' }
      const under = shown.get(account)
      if (under !== undefined && sameBytes(under.identityKey, now.key) && under.devices.has(device))
        return { is: 'new-key', list: under.list }
      return { is: 'ask' }
    },
    async ask(account) {
      const asked = await connection.ask(
        { case: 'showDeviceList', value: { account: uuidToBytes(account) } },
        'deviceListShown',
      )
      if (!asked.ok) return asked
      const { identityKey, deviceList } = asked.value
      if (deviceList === undefined) return refuse('relay-refused', 'no device list')
      return work.run(async () => {
        if (account === own.account) await needs.takeOwn(identityKey, deviceList)
        else take(account, identityKey, deviceList)
        return answer(null)
      })
    },
    version: (account) => known(account).version,
    forget(account) {
      kept.delete(account)
      shown.delete(account)
    },
  }
}
