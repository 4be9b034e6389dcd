// Accounts: looking somebody up, changing one's devices, being erased [P21] [P37] [P59].

import type { RelayBody } from '../protocol/frames.ts'
import { type LookUp, type PublishDeviceList, Reason, type ShowDeviceList } from '../protocol/generated/relay_pb.ts'
import { type AccountId, type DeviceId, Username, uuidToBytes } from '../shared/ids.ts'
import type { Caller } from './authentication.ts'
import type { Bell } from './bell.ts'
import { type BlobParts, forgetBlobs } from './blobs/prepare.ts'
import type { Limit } from './limits.ts'
import type { Verify } from './ports.ts'
import { readAccount, readDeviceList } from './read.ts'
import { malformed, refused, tooManyRequests } from './refusal.ts'
import type { AccountStore, DeviceList, MailboxStore } from './store.ts'

export interface AccountParts {
  store: AccountStore & Pick<MailboxStore, 'listedDevices'> & BlobParts['store']
  blobs: BlobParts['blobs']
  bell: Bell
  verify: Verify
  /** By asking account. */
  lookUps: Limit
  /** By asking account. */
  deviceLists: Limit
}

export async function lookUp({ store, lookUps }: AccountParts, caller: Caller, request: LookUp): Promise<RelayBody> {
  const wait = lookUps.take(caller.account)
  if (wait > 0) return tooManyRequests(wait)
  const username = Username.safeParse(request.username).data
  if (username === undefined) return refused(Reason.USERNAME_INVALID, 'not a username')
  const found = await store.findUsername(username)
  if (found === undefined) return refused(Reason.NO_SUCH_ACCOUNT, 'nobody goes by that name')
  return { case: 'found', value: { account: uuidToBytes(found.account), identityKey: found.identityKey, username } }
}

/** [P94] Whoever got something from a device that they do not know asks whether it is one. */
export async function showDeviceList(
  { store, deviceLists }: AccountParts,
  caller: Caller,
  request: ShowDeviceList,
): Promise<RelayBody> {
  const target = readAccount(request.account)
  if (target === undefined) return malformed('not an account')
  const wait = deviceLists.take(caller.account)
  if (wait > 0) return tooManyRequests(wait)
  const account = await store.findAccount(target)
  if (account === undefined) return refused(Reason.NO_SUCH_ACCOUNT, 'no such account')
  const { list, signature } = account.deviceList
  return {
    case: 'deviceListShown',
    value: { identityKey: account.identityKey, deviceList: { list, signature } },
  }
}

export async function publishDeviceList(
  { store, bell, verify }: AccountParts,
  caller: Caller,
  request: PublishDeviceList,
): Promise<RelayBody> {
  const list = readDeviceList(request.deviceList, caller.account, caller.identityKey, verify)
  if (list === undefined) return refused(Reason.DEVICE_LIST_REFUSED, 'not a signed list of this account')
  const outcome = await replaceList({ store, bell }, caller.account, list)
  if (outcome === 'no-such-account') return refused(Reason.NO_SUCH_ACCOUNT, 'just erased')
  if (outcome === 'not-newer') return refused(Reason.DEVICE_LIST_REFUSED, 'not newer than the one here')
  return { case: 'deviceListPublished', value: { version: BigInt(list.version) } }
}

/** [P95] Whoever is in it no more is cut off; but for `entering`, whose connection is about to be replaced. */
export async function replaceList(
  {
    store,
    bell,
  }: Pick<AccountParts, 'bell'> & { store: Pick<AccountParts['store'], 'listedDevices' | 'replaceDeviceList'> },
  account: AccountId,
  list: DeviceList,
  entering?: DeviceId,
): ReturnType<AccountStore['replaceDeviceList']> {
  const before = (await store.listedDevices(account)) ?? []
  const outcome = await store.replaceDeviceList(account, list)
  if (outcome !== 'replaced') return outcome
  for (const { device, registrationId } of before) {
    const listed = list.devices.some((entry) => entry.device === device && entry.registrationId === registrationId)
    if (!listed && device !== entering) bell.ring({ account, device }, { kind: 'unlisted' })
  }
  return outcome
}

export async function eraseAccount(
  { store, blobs, bell }: Pick<AccountParts, 'store' | 'blobs' | 'bell'>,
  { account }: Pick<Caller, 'account'>,
): Promise<RelayBody> {
  const devices = (await store.listedDevices(account)) ?? []
  await forgetBlobs({ store, blobs }, account)
  await store.eraseAccount(account)
  // Behind the answer to whoever asked: a turn later.
  setImmediate(() => {
    for (const { device } of devices) bell.ring({ account, device }, { kind: 'erased' })
  })
  return { case: 'erased', value: {} }
}
