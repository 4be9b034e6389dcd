// Another identity key for an account: taken if the old one and the new one say so, with all that hangs on it [P97].

import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { RelayBody } from '../protocol/frames.ts'
import {
  type DeviceToTell,
  DeviceToTellSchema,
  Reason,
  type ReplaceIdentity,
  ReplaceIdentitySchema,
} from '../protocol/generated/relay_pb.ts'
import { replacementBytes } from '../protocol/signed.ts'
import type { AccountParts } from './accounts.ts'
import type { Caller } from './authentication.ts'
import { isEcKey, isKyberKey, isSignature, readDeviceList } from './read.ts'
import { malformed, refused } from './refusal.ts'
import type { DeviceList, IdentityReplacement } from './store.ts'

/** Bytes of what is sealed for another device: a key pair, and the wrapping of a session that has waited. */
const MOST_SEALED = 8 * 1024
/** How many a device may have been away for, beyond the newest. */
const MOST_EARLIER = 16

export async function replaceIdentity(
  { store, bell, verify }: AccountParts,
  caller: Caller,
  request: ReplaceIdentity,
): Promise<RelayBody> {
  const { oldKey, newKey, signatureByOld, signatureByNew } = request
  if (!Buffer.from(oldKey).equals(caller.identityKey)) return refused(Reason.IDENTITY_MISMATCH, 'not the pinned key')
  if (!isEcKey(newKey) || Buffer.from(newKey).equals(oldKey)) return malformed('not another identity key')
  const list = readDeviceList(request.deviceList, caller.account, newKey, verify)
  if (list === undefined) return refused(Reason.DEVICE_LIST_REFUSED, 'not signed by the new key')
  const statement = replacementBytes(caller.account, { oldKey, newKey, list: list.list })
  if (![signatureByOld, signatureByNew].every(isSignature)) return malformed('not a signature')
  if (!verify(oldKey, statement, signatureByOld) || !verify(newKey, statement, signatureByNew))
    return refused(Reason.SIGNATURE_INVALID, 'not signed by both keys')
  if (request.byDevice !== caller.device || !isIn(list, caller.device)) return malformed('not by a device of the list')
  const standing = readStanding(request, list, (key, signature) => verify(newKey, key, signature))
  if (standing === undefined) return refused(Reason.PREKEY_SIGNATURE_INVALID, 'not signed by the new key')
  const before = (await store.listedDevices(caller.account)) ?? []
  const earlier = earlierOf((await store.findAccount(caller.account))?.replaced?.statement)
  const outcome = await store.replaceIdentity(caller.account, {
    formerKey: oldKey,
    identityKey: newKey,
    statement: toBinary(ReplaceIdentitySchema, { ...request, earlier }),
    deviceList: list,
    standing,
  })
  if (outcome === 'no-such-account') return refused(Reason.NO_SUCH_ACCOUNT, 'just erased')
  if (outcome === 'identity-mismatch') return refused(Reason.IDENTITY_MISMATCH, 'not the pinned key')
  if (outcome === 'not-newer') return refused(Reason.DEVICE_LIST_REFUSED, 'not newer than the one here')
  // Behind the answer: every connection of the account was proven by the old key, this one too.
  setImmediate(() => {
    for (const { device } of before) bell.ring({ account: caller.account, device }, { kind: 'unlisted' })
  })
  return { case: 'identityReplaced', value: { deviceListVersion: BigInt(list.version) } }
}

/**
 * For a device that proves itself by a key that was pinned before: what took the place of that very key, also when that was
 * replaced since. What is sealed for others is not its business.
 */
export function replacementFor(
  statement: Uint8Array,
  { identityKey, device }: Pick<Caller, 'identityKey' | 'device'>,
): ReplaceIdentity | undefined {
  const newest = fromBinary(ReplaceIdentitySchema, statement)
  const shown = [newest, ...newest.earlier].find(({ oldKey }) => Buffer.from(oldKey).equals(identityKey))
  return (
    shown &&
    create(ReplaceIdentitySchema, {
      ...shown,
      devices: shown.devices.filter((one) => one.device === device),
      earlier: [],
    })
  )
}

/** What the next one is kept with: a device that was away for several goes from one to the next. */
function earlierOf(statement: Uint8Array | undefined): ReplaceIdentity[] {
  if (statement === undefined) return []
  const { earlier, ...newest } = fromBinary(ReplaceIdentitySchema, statement)
  // Their prekeys were for the relay, which has those of now.
  const devices = newest.devices.map(({ device, sealed, type }) => create(DeviceToTellSchema, { device, sealed, type }))
  return [create(ReplaceIdentitySchema, { ...newest, devices, earlier: [] }), ...earlier].slice(0, MOST_EARLIER)
}

function readStanding(
  { devices, byDevice }: ReplaceIdentity,
  list: DeviceList,
  signed: (key: Uint8Array, signature: Uint8Array) => boolean,
): IdentityReplacement['standing'] | undefined {
  const standing: IdentityReplacement['standing'][number][] = []
  for (const told of devices) {
    const keys = readKeys(told)
    if (told.device === byDevice || !isIn(list, told.device) || told.sealed.length > MOST_SEALED) return undefined
    if (standing.some(({ device }) => device === told.device) || keys === undefined) return undefined
    if (![keys.signed, keys.lastResort].every(({ publicKey, signature }) => signed(publicKey, signature)))
      return undefined
    standing.push({ device: told.device as (typeof standing)[number]['device'], ...keys })
  }
  return standing
}

function readKeys({ signedPrekey, lastResortPrekey }: DeviceToTell) {
  if (signedPrekey === undefined || lastResortPrekey === undefined) return undefined
  const wellFormed =
    isEcKey(signedPrekey.publicKey) &&
    isKyberKey(lastResortPrekey.publicKey) &&
    isSignature(signedPrekey.signature) &&
    isSignature(lastResortPrekey.signature) &&
    signedPrekey.id > 0 &&
    lastResortPrekey.id > 0
  return wellFormed ? { signed: signedPrekey, lastResort: lastResortPrekey } : undefined
}

function isIn({ devices }: DeviceList, device: number): boolean {
  return devices.some((one) => one.device === device)
}
