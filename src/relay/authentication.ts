// Connecting: greeting, registering, and proving who one is [P5] [P10]–[P14] [P17].

import { createHash } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import type { RelayBody } from '../protocol/frames.ts'
import {
  type Authenticate,
  type Hello,
  Reason,
  type Register,
  type SignedDeviceList,
  SignedDeviceListSchema,
} from '../protocol/generated/relay_pb.ts'
import { MAX_CLOCK_SKEW, MAX_ENVELOPE_BYTES, OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION } from '../protocol/limits.ts'
import { challengeBytes } from '../protocol/signed.ts'
import { type AccountId, type DeviceId, type RegistrationId, Username } from '../shared/ids.ts'
import { replaceList } from './accounts.ts'
import type { Bell } from './bell.ts'
import type { Limit } from './limits.ts'
import type { Clock, Verify } from './ports.ts'
import { isDevice, isEcKey, isRegistrationId, isSignature, readAccount, readDeviceList } from './read.ts'
import { malformed, type Refusal, refused, tooManyRequests } from './refusal.ts'
import { replacementFor } from './replace-identity.ts'
import type { Account, AccountStore, DeviceList, MailboxStore, Registration } from './store.ts'

/** Who speaks on a connection: proven, and never taken from what it says [P15]. */
export interface Caller {
  readonly account: AccountId
  readonly device: DeviceId
  readonly registrationId: RegistrationId
  readonly identityKey: Uint8Array
}

export interface AuthenticationParts {
  store: AccountStore & Pick<MailboxStore, 'listedDevices'> & { readonly relay: Uint8Array }
  bell: Bell
  clock: Clock
  verify: Verify
  invitationNeeded: boolean
  /** In bytes; 0 where none is kept. */
  largestBlob: number
  /** By address. */
  registrations: Limit
}

export type Proof = { case: 'register'; value: Register } | { case: 'authenticate'; value: Authenticate }
/** With the version of the list that the device is in. */
export type Proven = { ok: true; caller: Caller; deviceListVersion: number } | { ok: false; refusal: Refusal }

export interface Authentication {
  greet(hello: Hello, nonce: Uint8Array): RelayBody
  prove(proof: Proof, nonce: Uint8Array, address: string): Promise<Proven>
}

export function createAuthentication(parts: AuthenticationParts): Authentication {
  const { store, bell, clock, verify, invitationNeeded, largestBlob, registrations } = parts

  function greet(hello: Hello, nonce: Uint8Array): RelayBody {
    const version = Math.min(hello.maximumVersion, PROTOCOL_VERSION)
    if (version < Math.max(hello.minimumVersion, OLDEST_PROTOCOL_VERSION))
      return refused(Reason.UPDATE_NEEDED, `this relay speaks ${OLDEST_PROTOCOL_VERSION} to ${PROTOCOL_VERSION}`)
    return {
      case: 'welcome',
      value: {
        version,
        relay: store.relay,
        nonce,
        timeMs: BigInt(clock.now()),
        invitationNeeded,
        largestEnvelope: MAX_ENVELOPE_BYTES,
        largestBlob: BigInt(largestBlob),
      },
    }
  }

  async function prove(proof: Proof, nonce: Uint8Array, address: string): Promise<Proven> {
    const caller = readCaller(proof.value)
    if (caller === undefined) return no(malformed('not a proof of identity'))
    const { timeMs, signature } = proof.value
    if (Math.abs(Number(timeMs) - clock.now()) > MAX_CLOCK_SKEW)
      return no(refused(Reason.CLOCK_SKEW, 'the signed time differs from the relay’s by more than five minutes'))
    const challenge = challengeBytes({ relay: store.relay, nonce, timeMs, ...caller })
    const signed = verify(caller.identityKey, challenge, signature)
    if (proof.case === 'authenticate') return authenticate(caller, signed, proof.value.deviceList)
    if (!signed) return no(refused(Reason.SIGNATURE_INVALID, 'not signed by the identity key'))
    return register(caller, proof.value, address)
  }

  async function authenticate(caller: Caller, signed: boolean, brought: SignedDeviceList | undefined): Promise<Proven> {
    const account = await store.findAccount(caller.account)
    if (account === undefined) return no(refused(Reason.NO_SUCH_ACCOUNT, 'register first'))
    if (!Buffer.from(account.identityKey).equals(caller.identityKey))
      return no(identityMismatch(account, caller, signed))
    if (!signed) return no(refused(Reason.SIGNATURE_INVALID, 'not signed by the identity key'))
    if (account.disabledAt !== undefined) return no(accountDisabled())
    return asListed(caller, (await published(caller, account.deviceList, brought)) ?? account.deviceList)
  }

  /** [P18] A newer list counts at once: after a restore the device is in no older one. */
  async function published(
    caller: Caller,
    held: DeviceList,
    brought: SignedDeviceList | undefined,
  ): Promise<DeviceList | undefined> {
    const list = brought && readDeviceList(brought, caller.account, caller.identityKey, verify)
    if (list === undefined || list.version <= held.version) return undefined
    return (await replaceList({ store, bell }, caller.account, list, caller.device)) === 'replaced' ? list : undefined
  }

  async function register(caller: Caller, request: Register, address: string): Promise<Proven> {
    const username = Username.safeParse(request.username).data
    if (username === undefined || username !== request.username)
      return no(refused(Reason.USERNAME_INVALID, '3–32 of a–z, 0–9, dot, dash and underscore'))
    const deviceList = readDeviceList(request.deviceList, caller.account, caller.identityKey, verify)
    if (deviceList === undefined) return no(refused(Reason.DEVICE_LIST_REFUSED, 'not a signed list of this account'))
    const listed = asListed(caller, deviceList)
    if (!listed.ok) return listed
    const wait = registrations.take(address)
    if (wait > 0) return no(tooManyRequests(wait))
    const { account, identityKey } = caller
    const invitation = invitationNeeded ? invitationDigest(request.invitation) : undefined
    const outcome = await store.register({ account, username, identityKey, deviceList }, clock.now(), invitation)
    if (outcome === 'registered') return listed
    if (outcome !== 'again') return no(registrationRefused(outcome))
    // What was pinned then counts, whatever this request brings [P14].
    const pinned = await store.findAccount(account)
    if (pinned === undefined) return no(refused(Reason.UNAVAILABLE, 'just erased'))
    return pinned.disabledAt === undefined ? asListed(caller, pinned.deviceList) : no(accountDisabled())
  }

  return { greet, prove }
}

/** What the store keeps of an invitation. */
export function invitationDigest(code: string): Uint8Array {
  return createHash('sha256').update(code).digest()
}

function readCaller(proof: Register | Authenticate): Caller | undefined {
  const account = readAccount(proof.account)
  const { device, registrationId, identityKey } = proof
  if (account === undefined || !isDevice(device) || !isRegistrationId(registrationId)) return undefined
  if (!isEcKey(identityKey) || !isSignature(proof.signature)) return undefined
  return { account, device, registrationId, identityKey }
}

/** [P95] Who is refused is shown the list: a device believes that it was removed if the account has signed it. */
function asListed(caller: Caller, { devices, version, list, signature }: DeviceList): Proven {
  const listed = devices.some(
    ({ device, registrationId }) => device === caller.device && registrationId === caller.registrationId,
  )
  if (listed) return { ok: true, caller, deviceListVersion: version }
  const refusal = refused(Reason.NO_SUCH_DEVICE, 'not in the signed device list')
  refusal.value.deviceList = create(SignedDeviceListSchema, { list, signature })
  return no(refusal)
}

/** [P97] Whoever proves to have had a key before is shown what took its place. */
function identityMismatch({ replaced }: Account, caller: Caller, signed: boolean): Refusal {
  const refusal = refused(Reason.IDENTITY_MISMATCH, 'another identity key is pinned')
  const replacement = signed && replaced !== undefined ? replacementFor(replaced.statement, caller) : undefined
  if (replacement !== undefined) refusal.value.replacement = replacement
  return refusal
}

function registrationRefused(outcome: Exclude<Registration, 'registered' | 'again'>): Refusal {
  switch (outcome) {
    case 'username-taken':
      return refused(Reason.USERNAME_TAKEN, 'choose another username')
    case 'identity-mismatch':
      return refused(Reason.IDENTITY_MISMATCH, 'another identity key is pinned')
    case 'account-exists':
      return refused(Reason.ACCOUNT_EXISTS, 'this key or account is registered under another name')
    case 'invitation-needed':
      return refused(Reason.INVITATION_NEEDED, 'an invitation that nobody has used')
  }
}

/** [P19] */
export function accountDisabled(): Refusal {
  return refused(Reason.ACCOUNT_DISABLED, 'ask whoever runs this relay')
}

function no(refusal: Refusal): Proven {
  return { ok: false, refusal }
}
