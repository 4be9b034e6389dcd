// The signed list of our own devices: the newest that there is counts, whoever of us has signed it [P94][P95].

import type { SignedDeviceList } from '../../protocol/generated/relay_pb.ts'
import { VERSIONS_SKIPPED } from '../account/renew-after-restore.ts'
import type { CrashPoint } from '../crash-points.ts'
import { nothingBody, promise } from '../messages/send.ts'
import { noteUnlistedDevice } from '../messages/stored.ts'
import { type Own, ownDevices } from '../own.ts'
import type { Log } from '../ports.ts'
import { sameBytes } from '../signal/bytes.ts'
import { devicesOf, highestDevice, signDeviceList, verifyDeviceList } from '../signal/device-list.ts'
import type { OwnAccount } from '../signal/own-identity.ts'
import type { Signal } from '../signal/signal.ts'
import { changeDeviceList, readAccount, type StoredDeviceList } from '../storage/account.ts'
import { allConversations } from '../storage/conversations.ts'
import { noteListedDevices } from '../storage/group-outbox.ts'
import { planToMarkAll } from '../storage/groups-to-mark.ts'
import { setListDoubtful, setRemoved } from '../storage/own-state.ts'
import { isBlocked } from '../storage/people.ts'
import { Touched } from '../touched.ts'
import { promiseEverything } from './apply.ts'
import { promiseToOwn, type TellNeeds, wantedBody } from './tell.ts'

export interface OwnListNeeds extends TellNeeds {
  log: Log
  account: OwnAccount
  signal: Signal
  tell(touched: Touched): void
  /** Devices came or went. */
  changed(): void
  /** There is something for them. */
  kick(): void
  /** After a commit that may have promised something to others because a device is gone. */
  lost(): void
  /** This device is none of the account's any more. */
  removed(): void
  crash(point: CrashPoint): void
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

/**
 * [P96] In the work queue, after a restore: the newest list, with this installation in the place of the one before it.
 * again: there is a list now that this device may bring.
 */
export function renewList(needs: OwnListNeeds, signed: SignedDeviceList): 'again' | 'removed' | 'not-proven' {
  const { sql, own, account } = needs
  const stored = readAccount(sql)
  const verdict = verifyDeviceList(signed, account.account, account.identity.publicKey)
  if (stored === undefined || verdict.is === 'refused') return 'not-proven'
  const isHere = ({ device }: { device: number }) => device === own.device
  const { version } = stored.deviceList
  if (verdict.devices.some(isHere)) {
    const devices = verdict.devices.map((one) =>
      isHere(one) ? { ...one, registrationId: account.registrationId } : one,
    )
    const highest = highestDevice(verdict.stored)
    const next = Math.max(verdict.stored.version + 1, version)
    sql.transaction(() => setListDoubtful(sql, false))
    adoptList(needs, signDeviceList(account.identity, own.account, next, devices, highest))
    sql.transaction(() => {
      if (own.others.length > 0) promiseToOwn(needs, wantedBody())
    })
    return 'again'
  }
  if (verdict.stored.version >= version - VERSIONS_SKIPPED) {
    adoptList(needs, verdict.stored)
    return 'removed'
  }
  // An older one than this device has been in: the relay was put back, too.
  sql.transaction(() => setListDoubtful(sql, false))
  return 'again'
}

/** [P95] In the work queue. True: the list is newer, signed by our own key, and this device is not in it. */
export function provesRemoval({ sql, account }: OwnListNeeds, signed: SignedDeviceList): boolean {
  const known = readAccount(sql)?.deviceList
  const verdict = verifyDeviceList(signed, account.account, account.identity.publicKey, known)
  return verdict.is === 'genuine' && verdict.newer && !isListed(account, verdict.stored)
}

/** In the work queue: verified, and newer; or just signed here, to remove somebody. */
export function adoptList(needs: OwnListNeeds, list: StoredDeviceList, removing = false): void {
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
  const gone = own.others.filter(({ device }) => !isAmong(next.others, device))
  const unit = signal.unit()
  // What one that is gone could still bring is not shown; nothing more is sealed for it.
  for (const { device } of gone) signal.archive(unit, { account: own.account, device })
  Object.assign(own, next)
  sql.transaction(() => {
    unit.flush()
    changeDeviceList(sql, list)
    noteListedDevices(
      sql,
      own.account,
      devicesOf(list).map(({ device }) => device),
    )
    if (fresh.length > 0) promiseEverything(needs)
    // Who removes one tells, and so does the first of us: the other may have been cut off before it could.
    if (gone.length > 0 && (removing || isFirst(own))) tellOfLoss(needs)
  })
  unit.settled()
  if (gone.length > 0) needs.crash('device.forgotten')
  needs.changed()
  if (gone.length > 0) needs.lost()
  if (fresh.length > 0) needs.kick()
}

/**
 * [P95] In a transaction: to every contact, a content that says nothing, since it says which list is the newest [P94]; and
 * in every group, that what is said next is not for the one that is gone [G4].
 */
export function tellOfLoss(needs: TellNeeds): void {
  const { sql } = needs
  for (const { kind, state, account } of allConversations(sql))
    if (kind === 'person' && state === 'open' && !isBlocked(sql, account))
      promise(needs, { recipient: account, body: nothingBody() })
  planToMarkAll(sql)
}

function isFirst({ device, others }: Own): boolean {
  return others.every((other) => other.device > device)
}

function isListed(account: OwnAccount, list: StoredDeviceList): boolean {
  return devicesOf(list).some(
    ({ device, registrationId }) => device === account.device && registrationId === account.registrationId,
  )
}
