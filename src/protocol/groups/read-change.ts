// What an entry changes, out of the wire's words: complete, within its limits, naming nobody twice. Undefined: it is not so.

import { unreachable } from '../../shared/answer.ts'
import { AccountId, bytesToUuid, Instant, MessageId } from '../../shared/ids.ts'
import {
  type EncryptedData,
  type Entry,
  HistoryGrant_Kind,
  HistoryPolicy_Kind,
  type HistoryGrant as WireGrant,
  type Permissions as WirePermissions,
  type Policies as WirePolicies,
} from '../generated/group_pb.ts'
import {
  EPOCH_LASTS,
  EPOCH_LASTS_LEAST,
  EPOCH_LASTS_MOST,
  EPOCH_MESSAGES,
  EPOCH_MESSAGES_MOST,
  IDENTITY_KEY_BYTES,
  MAX_ACCOUNTS_AN_ENTRY,
  MAX_DETAILS_BYTES,
  MAX_DEVICE_LIST_BYTES,
  MAX_HISTORY_DAYS,
  MAX_LINK_BYTES,
  MAX_NOTE_BYTES,
  MAX_PROFILE_BYTES,
  MAX_RECALLS_AN_ENTRY,
  SIGNATURE_BYTES,
} from '../limits.ts'
import type {
  Change,
  HistoryGrant,
  HistoryPolicy,
  InvitedPerson,
  Permission,
  Policies,
  Role,
  Sealed,
  Until,
} from './change.ts'
import { readEncryption, readPermission, readRole } from './words.ts'

type WireChange = Exclude<Entry['change'], { case: undefined }>

const HASH_BYTES = 32

export function readChange(change: WireChange): Change | undefined {
  switch (change.case) {
    case 'create':
      return readCreate(change.value)
    case 'invite':
      return readInvite(change.value)
    case 'acceptInvitation':
      return withProfile(change.value, (profile) => ({ kind: 'accept-invitation', profile }))
    case 'refuseInvitation':
      return { kind: 'refuse-invitation' }
    case 'withdrawInvitation':
      return withAccounts(change.value, (accounts) => ({ kind: 'withdraw-invitation', accounts }))
    case 'setLink':
      return readLink(change.value)
    case 'requestToJoin':
      return readRequest(change.value)
    case 'approveRequest': {
      const history = readGrant(change.value.history)
      if (history === undefined) return undefined
      return withProfile(change.value, (profile) =>
        withAccount(change.value, (account) => ({ kind: 'approve-request', account, history, profile })),
      )
    }
    case 'rejectRequest':
      return withAccount(change.value, (account) => ({ kind: 'reject-request', account }))
    case 'leave':
      return { kind: 'leave' }
    case 'remove':
      return withAccounts(change.value, (accounts) => ({ kind: 'remove', accounts }))
    case 'ban':
      return withUntil(change.value, (until) =>
        withAccounts(change.value, (accounts) => ({ kind: 'ban', accounts, until })),
      )
    case 'unban':
      return withAccounts(change.value, (accounts) => ({ kind: 'unban', accounts }))
    case 'mute':
      return withUntil(change.value, (until) => withWhom(change.value, (whom) => ({ kind: 'mute', whom, until })))
    case 'unmute':
      return withWhom(change.value, (whom) => ({ kind: 'unmute', whom }))
    case 'setRole': {
      const role = readRole(change.value.role)
      return role && withAccounts(change.value, (accounts) => ({ kind: 'set-role', accounts, role }))
    }
    case 'transferOwnership':
      return withAccount(change.value, (account) => ({ kind: 'transfer-ownership', account }))
    case 'setPermissions': {
      const permissions = readPermissions(change.value.permissions)
      return permissions && Object.keys(permissions).length > 0 ? { kind: 'set-permissions', permissions } : undefined
    }
    case 'setDetails': {
      const details = readSealed(change.value.details, MAX_DETAILS_BYTES)
      return details && { kind: 'set-details', details }
    }
    case 'setPolicies': {
      const policies = readPolicies(change.value.policies)
      return policies && { kind: 'set-policies', policies }
    }
    case 'setEncryption': {
      const encryption = readEncryption(change.value.encryption)
      return encryption && { kind: 'set-encryption', encryption }
    }
    case 'requestRotation':
      return { kind: 'request-rotation' }
    case 'openEpoch': {
      const epoch = Number(change.value.epoch)
      return Number.isSafeInteger(epoch) && epoch > 1 ? { kind: 'open-epoch', epoch } : undefined
    }
    case 'recall':
      return readRecall(change.value)
    case 'deleteGroup':
      return { kind: 'delete-group' }
    case 'setProfile': {
      const profile = readSealed(change.value.profile, MAX_PROFILE_BYTES)
      return profile && { kind: 'set-profile', profile }
    }
    case 'replaceIdentity':
      return readReplacement(change.value)
    default:
      return unreachable(change)
  }
}

type Value<Case extends WireChange['case']> = Extract<WireChange, { case: Case }>['value']

function readCreate(value: Value<'create'>): Change | undefined {
  const policies = readPolicies(value.policies)
  const permissions = readPermissions(value.permissions)
  const encryption = readEncryption(value.encryption)
  const details = readSealed(value.details, MAX_DETAILS_BYTES)
  if (!isIdentityKey(value.identityKey) || !policies || !permissions || !encryption) return undefined
  if (value.details !== undefined && details === undefined) return undefined
  return withProfile(value, (profile) => ({
    kind: 'create',
    identityKey: value.identityKey,
    policies,
    permissions,
    encryption,
    details,
    profile,
  }))
}

function readInvite(value: Value<'invite'>): Change | undefined {
  const people = value.people.map(({ account, identityKey, role, history, profile }): InvitedPerson | undefined => {
    const [who, as, grant] = [readAccount(account), readRole(role), readGrant(history)]
    const named = readSealed(profile, MAX_PROFILE_BYTES)
    if (profile !== undefined && named === undefined) return undefined
    return who && as && grant && isIdentityKey(identityKey)
      ? { account: who, identityKey, role: as, history: grant, profile: named }
      : undefined
  })
  const whole = people.filter((person) => person !== undefined)
  if (whole.length !== people.length || !eachOnce(whole.map(({ account }) => account))) return undefined
  return withUntil({ untilMs: value.expiresMs }, (expiresAt) => ({ kind: 'invite', people: whole, expiresAt }))
}

function readLink({ secretHash, secret, expiresMs }: Value<'setLink'>): Change | undefined {
  if (secretHash.length === 0) return secret === undefined ? { kind: 'set-link', link: undefined } : undefined
  const sealed = readSealed(secret, MAX_LINK_BYTES)
  if (secretHash.length !== HASH_BYTES || (secret !== undefined && sealed === undefined)) return undefined
  return withUntil({ untilMs: expiresMs }, (expiresAt) => ({
    kind: 'set-link',
    link: { secretHash, secret: sealed, expiresAt },
  }))
}

function readRequest({ identityKey, secretHash, note }: Value<'requestToJoin'>): Change | undefined {
  const sealed = readSealed(note, MAX_NOTE_BYTES)
  if (!isIdentityKey(identityKey) || secretHash.length !== HASH_BYTES) return undefined
  if (note !== undefined && sealed === undefined) return undefined
  return { kind: 'request-to-join', identityKey, secretHash, note: sealed }
}

function readReplacement({ identityKey, deviceList, signatureByOld }: Value<'replaceIdentity'>): Change | undefined {
  if (!isIdentityKey(identityKey) || signatureByOld.length !== SIGNATURE_BYTES) return undefined
  if (deviceList.length === 0 || deviceList.length > MAX_DEVICE_LIST_BYTES) return undefined
  return { kind: 'replace-identity', identityKey, deviceList, signatureByOld }
}

function readRecall({ messages }: Value<'recall'>): Change | undefined {
  const ids = messages.flatMap((bytes) => MessageId.safeParse(bytesToUuid(bytes)).data ?? [])
  if (ids.length !== messages.length || ids.length === 0 || ids.length > MAX_RECALLS_AN_ENTRY) return undefined
  return new Set(ids).size === ids.length ? { kind: 'recall', messages: ids } : undefined
}

// --- Parts ---

function withAccount(value: { account: Uint8Array }, make: (account: AccountId) => Change): Change | undefined {
  const account = readAccount(value.account)
  return account && make(account)
}

function withAccounts(value: { accounts: Uint8Array[] }, make: (accounts: AccountId[]) => Change): Change | undefined {
  const accounts = value.accounts.flatMap((bytes) => readAccount(bytes) ?? [])
  return accounts.length === value.accounts.length && eachOnce(accounts) ? make(accounts) : undefined
}

function withWhom(
  value: { accounts: Uint8Array[]; everyone: boolean },
  make: (whom: AccountId[] | 'everyone') => Change,
): Change | undefined {
  if (!value.everyone) return withAccounts(value, make)
  return value.accounts.length === 0 ? make('everyone') : undefined
}

function withProfile<Made>(
  { profile }: { profile?: EncryptedData | undefined },
  make: (profile: Sealed | undefined) => Made,
): Made | undefined {
  const sealed = readSealed(profile, MAX_PROFILE_BYTES)
  return profile !== undefined && sealed === undefined ? undefined : make(sealed)
}

function withUntil(value: { untilMs: bigint }, make: (until: Until) => Change | undefined): Change | undefined {
  if (value.untilMs === 0n) return make(undefined)
  const until = Instant.safeParse(Number(value.untilMs)).data
  return until === undefined ? undefined : make(until)
}

function readAccount(bytes: Uint8Array): AccountId | undefined {
  return AccountId.safeParse(bytesToUuid(bytes)).data
}

/** At least one, at most as many as an entry may be about, and none of them twice. */
function eachOnce(accounts: readonly AccountId[]): boolean {
  if (accounts.length === 0 || accounts.length > MAX_ACCOUNTS_AN_ENTRY) return false
  return new Set(accounts).size === accounts.length
}

/** As libsignal serialises a Curve25519 key. */
function isIdentityKey(key: Uint8Array): boolean {
  return key.length === IDENTITY_KEY_BYTES && key[0] === 0x05
}

function readSealed(data: EncryptedData | undefined, mostBytes: number): Sealed | undefined {
  if (data === undefined || data.ciphertext.length === 0 || data.ciphertext.length > mostBytes) return undefined
  if (data.senderKey.length > HASH_BYTES || data.session.length > HASH_BYTES) return undefined
  const { algorithm, ciphertext, senderKey, session } = data
  return { algorithm, ciphertext, senderKey, session }
}

function readPermissions(wire: WirePermissions | undefined): Partial<Record<Permission, Role>> | undefined {
  const permissions: Partial<Record<Permission, Role>> = {}
  for (const needed of wire?.needed ?? []) {
    const permission = readPermission(needed.permission)
    const role = readRole(needed.role)
    if (permission === undefined || role === undefined || permission in permissions) return undefined
    permissions[permission] = role
  }
  return permissions
}

function readPolicies(wire: WirePolicies | undefined): Policies | undefined {
  const history = readHistoryPolicy(wire)
  if (wire === undefined || history === undefined) return undefined
  const rotationTime = Number(wire.rotationMs) || EPOCH_LASTS
  const rotationMessages = wire.rotationMessages || EPOCH_MESSAGES
  if (rotationTime < EPOCH_LASTS_LEAST || rotationTime > EPOCH_LASTS_MOST) return undefined
  return rotationMessages > EPOCH_MESSAGES_MOST ? undefined : { history, rotationTime, rotationMessages }
}

function readHistoryPolicy(wire: WirePolicies | undefined): HistoryPolicy | undefined {
  const days = wire?.history?.days ?? 0
  switch (wire?.history?.kind) {
    case HistoryPolicy_Kind.NONE:
      return { kind: 'none' }
    case HistoryPolicy_Kind.DAYS:
      return days >= 1 && days <= MAX_HISTORY_DAYS ? { kind: 'days', days } : undefined
    case HistoryPolicy_Kind.ALL:
      return { kind: 'all' }
    default:
      return undefined
  }
}

function readGrant(wire: WireGrant | undefined): HistoryGrant | undefined {
  switch (wire?.kind) {
    case HistoryGrant_Kind.NONE:
      return { kind: 'none' }
    case HistoryGrant_Kind.SINCE: {
      const since = Instant.safeParse(Number(wire.sinceMs)).data
      return since === undefined ? undefined : { kind: 'since', since }
    }
    case HistoryGrant_Kind.ALL:
      return { kind: 'all' }
    default:
      return undefined
  }
}
