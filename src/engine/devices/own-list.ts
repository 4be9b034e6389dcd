// The signed list of our own devices: the newest that there is counts, whoever of us has signed it [P94][P95].

import type { SignedDeviceList } from '../../protocol/generated/relay_pb.ts'
import { noteUnlistedDevice } from '../messages/stored.ts'
import { type Own, ownDevices } from '../own.ts'
import type { Log } from '../ports.ts'
import { sameBytes } from '../signal/bytes.ts'
import { devicesOf, verifyDeviceList } from '../signal/device-list.ts'
import type { OwnAccount } from '../signal/own-identity.ts'
import type { Signal } from '../signal/signal.ts'
import { changeDeviceList, readAccount, type StoredDeviceList } from '../storage/account.ts'
import { setRemoved } from '../storage/own-state.ts'
import { Touched } from '../touched.ts'
import { promiseEverything } from './apply.ts'
import type { TellNeeds } from './tell.ts'

export interface OwnListNeeds extends TellNeeds {
  log: Log
  account: OwnAccount
  signal: Signal
  tell(touched: Touched): void
  /** Devices came or went. */
  changed(): void
  /** There is something for them. */
  kick(): void
  /** This device is none of the account's any more. */
  removed(): void
}

/** In the work queue. What is not signed by our own key, or not newer, changes nothing. */
export function takeOwnList(needs: OwnListNeeds, identityKey: Uint8Array, signed: SignedDeviceList): void {
  const { sql, log, account } = needs
  const verdict = sameBytes(identityKey, account.identity.publicKey)
    ? verifyDeviceList(signed, account.account, identityKey, readAccount(sql)?.deviceList)
    : undefined
  if (verdict?.is === 'genuine') {
    if (verdict.newer) adoptList(needs, verdict.stored)
    return
  }
  log.warn('devices.own-list-refused', { why: verdict?.why ?? 'another-identity' })
  if (verdict?.why === 'older') return
  const touched = new Touched()
  sql.transaction(() => noteUnlistedDevice(needs, touched, account.account))
  needs.tell(touched)
}

/** [P95] In the work queue. True: the list is newer, signed by our own key, and this device is not in it. */
export function provesRemoval({ sql, account }: OwnListNeeds, signed: SignedDeviceList): boolean {
  const known = readAccount(sql)?.deviceList
  const verdict = verifyDeviceList(signed, account.account, account.identity.publicKey, known)
  return verdict.is === 'genuine' && verdict.newer && !isListed(account, verdict.stored)
}

/** In the work queue: verified, and newer; or just signed here. */
export function adoptList(needs: OwnListNeeds, list: StoredDeviceList): void {
  const { sql, own, account, signal, clock, log } = needs
  if (!isListed(account, list)) {
    log.warn('devices.removed')
    sql.transaction(() => setRemoved(sql, clock.now()))
    needs.removed()
    return
  }
  const next = ownDevices(list, own.device)
  const isAmong = (devices: Own['others'], device: number) => devices.some((one) => one.device === device)
  const fresh = next.others.filter(({ device }) => !isAmong(own.others, device))
  const unit = signal.unit()
  // What one that is gone could still bring is not shown; nothing more is sealed for it.
  for (const { device } of own.others)
    if (!isAmong(next.others, device)) signal.archive(unit, { account: own.account, device })
  Object.assign(own, next)
  sql.transaction(() => {
    unit.flush()
    changeDeviceList(sql, list)
    if (fresh.length > 0) promiseEverything(needs)
  })
  unit.settled()
  needs.changed()
  if (fresh.length > 0) needs.kick()
}

function isListed(account: OwnAccount, list: StoredDeviceList): boolean {
  return devicesOf(list).some(
    ({ device, registrationId }) => device === account.device && registrationId === account.registrationId,
  )
}
