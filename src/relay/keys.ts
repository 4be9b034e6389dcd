// Prekeys: what the relay lacks, takes, and hands out once [P31]–[P37].

import type { RelayBody } from '../protocol/frames.ts'
import { type AnnounceKeys, type FetchKeys, Reason, type UploadKeys } from '../protocol/generated/relay_pb.ts'
import { LOW_WATER_PREKEYS, MAX_ONE_TIME_PREKEYS } from '../protocol/limits.ts'
import type { AccountId } from '../shared/ids.ts'
import type { Caller } from './authentication.ts'
import type { Bell } from './bell.ts'
import type { Limit } from './limits.ts'
import type { Verify } from './ports.ts'
import { isDevice, isEcKey, isKyberKey, isSignature, readAccount } from './read.ts'
import { malformed, type Refusal, refused, tooManyRequests } from './refusal.ts'
import type { AccountStore, KeyStore, OneTimeCounts, PreKey, SignedPreKey } from './store.ts'

export interface KeyParts {
  store: KeyStore & AccountStore
  bell: Bell
  verify: Verify
  /** By asking account. */
  fetches: Limit
  /** By asking account: of people in its groups. */
  fetchesInGroups: Limit
  /** By asking account and target. */
  fetchesOfOne: Limit
  /** By asking account: of its own devices. */
  fetchesOfOwn: Limit
}

export async function announceKeys({ store }: KeyParts, caller: Caller, request: AnnounceKeys): Promise<RelayBody> {
  const refusal = notPinned(caller, request.identityKey)
  if (refusal !== undefined) return refusal
  const held = await store.heldKeys(caller)
  return {
    case: 'keysNeeded',
    value: {
      signedPrekey: held.signed?.id !== request.signedPrekey,
      lastResortPrekey: held.lastResort?.id !== request.lastResortPrekey,
      oneTimeEc: MAX_ONE_TIME_PREKEYS - held.oneTimeEc,
      oneTimeKyber: MAX_ONE_TIME_PREKEYS - held.oneTimeKyber,
    },
  }
}

export async function uploadKeys({ store, verify }: KeyParts, caller: Caller, request: UploadKeys): Promise<RelayBody> {
  const refusal = notPinned(caller, request.identityKey)
  if (refusal !== undefined) return refusal
  const { signedPrekey: signed, lastResortPrekey: lastResort, oneTimeEc, oneTimeKyber } = request
  if (Math.max(oneTimeEc.length, oneTimeKyber.length) > MAX_ONE_TIME_PREKEYS) return tooManyKeys()
  const ec = [...oneTimeEc, ...(signed === undefined ? [] : [signed])]
  const kyber = [...oneTimeKyber, ...(lastResort === undefined ? [] : [lastResort])]
  if (!ec.every((key) => isKey(key, isEcKey)) || !kyber.every((key) => isKey(key, isKyberKey)))
    return malformed('not a prekey')
  const signedOnes: SignedPreKey[] = [...kyber, ...(signed === undefined ? [] : [signed])]
  const signedByCaller = ({ publicKey, signature }: SignedPreKey) =>
    isSignature(signature) && verify(caller.identityKey, publicKey, signature)
  if (!signedOnes.every(signedByCaller))
    return refused(Reason.PREKEY_SIGNATURE_INVALID, 'a prekey is not signed by the identity key')
  const stored = await store.storeKeys(caller, {
    ...(signed && { signed }),
    ...(lastResort && { lastResort }),
    oneTimeEc,
    oneTimeKyber,
    replaceOneTime: request.replaceOneTime,
  })
  switch (stored.outcome) {
    case 'stored':
      return { case: 'keysUploaded', value: { oneTimeEc: stored.oneTimeEc, oneTimeKyber: stored.oneTimeKyber } }
    case 'too-many':
      return tooManyKeys()
    case 'no-such-mailbox':
      return refused(Reason.NO_SUCH_DEVICE, 'no longer in the device list')
  }
}

/** @param sharesGroupWith whether the caller is in a group with somebody: who speaks there needs keys of all of them. */
export async function fetchKeys(
  parts: KeyParts,
  caller: Caller,
  request: FetchKeys,
  sharesGroupWith: (account: AccountId) => boolean,
): Promise<RelayBody> {
  const { store, bell } = parts
  const target = readAccount(request.account)
  if (target === undefined || !request.devices.every(isDevice)) return malformed('not an account and its devices')
  const wait = waitFor(parts, caller, target, sharesGroupWith(target))
  if (wait > 0) return tooManyRequests(wait)
  const account = await store.findAccount(target)
  if (account === undefined) return refused(Reason.NO_SUCH_ACCOUNT, 'no such account')
  const listed = account.deviceList.devices.map(({ device }) => device)
  if (request.devices.some((device) => !listed.includes(device)))
    return refused(Reason.NO_SUCH_DEVICE, 'not in the signed device list')
  const others = target === caller.account ? listed.filter((device) => device !== caller.device) : listed
  const bundles = await store.takeKeys(target, request.devices.length > 0 ? request.devices : others)
  for (const { device, before, after } of bundles)
    if (depleted(before, after)) bell.ring({ account: target, device }, { kind: 'keys-depleted', left: after })
  const { list, signature } = account.deviceList
  return {
    case: 'keyBundles',
    value: {
      identityKey: account.identityKey,
      deviceList: { list, signature },
      bundles: bundles.map(({ device, registrationId, signed, oneTimeEc, kyber }) => ({
        device,
        registrationId,
        signedPrekey: signed,
        kyber,
        ...(oneTimeEc && { oneTimeEc }),
      })),
    },
  }
}

/**
 * [P36] Own devices are up to ten that ask for one another, all at once when the account has another identity key: counted
 * as one account that asks for one, they would keep each other waiting.
 */
function waitFor(parts: KeyParts, { account }: Caller, target: AccountId, isInGroup: boolean): number {
  if (target === account) return parts.fetchesOfOwn.take(account)
  const fetches = isInGroup ? parts.fetchesInGroups : parts.fetches
  return fetches.take(account) || parts.fetchesOfOne.take(`${account} ${target}`)
}

/** [P35] A kind came down to the low-water mark, or to nothing. */
function depleted(before: OneTimeCounts, after: OneTimeCounts): boolean {
  const crossed = (from: number, to: number) => [LOW_WATER_PREKEYS, 0].some((mark) => from > mark && to <= mark)
  return crossed(before.oneTimeEc, after.oneTimeEc) || crossed(before.oneTimeKyber, after.oneTimeKyber)
}

/** [P13] [K9] */
function notPinned(caller: Caller, identityKey: Uint8Array): Refusal | undefined {
  if (Buffer.from(caller.identityKey).equals(identityKey)) return undefined
  return refused(Reason.IDENTITY_MISMATCH, 'another identity key is pinned')
}

function isKey({ id, publicKey }: PreKey, isOfKind: (key: Uint8Array) => boolean): boolean {
  return id > 0 && isOfKind(publicKey)
}

function tooManyKeys(): Refusal {
  return refused(Reason.TOO_MANY_KEYS, `at most ${MAX_ONE_TIME_PREKEYS} of a kind`)
}
