// What an entry is to change, in the wire's words.

import type { MessageInitShape } from '@bufbuild/protobuf'
import { unreachable } from '../../shared/answer.ts'
import { type AccountId, uuidToBytes } from '../../shared/ids.ts'
import {
  type Algorithm,
  type EncryptedDataSchema,
  type EntrySchema,
  HistoryGrant_Kind,
  type HistoryGrantSchema,
  HistoryPolicy_Kind,
  type HistoryPolicySchema,
  type PermissionsSchema,
  type PoliciesSchema,
} from '../generated/group_pb.ts'
import type { Change, HistoryGrant, HistoryPolicy, Permissions, Policies, Sealed, Until } from './change.ts'
import { PERMISSIONS } from './change.ts'
import { WIRE_ENCRYPTION, WIRE_PERMISSIONS, WIRE_ROLES } from './words.ts'

export type WireChange = NonNullable<MessageInitShape<typeof EntrySchema>['change']>

export function writeChange(change: Change): WireChange {
  switch (change.kind) {
    case 'create': {
      const { identityKey, policies, permissions, encryption, details, profile } = change
      return {
        case: 'create',
        value: {
          identityKey,
          policies: writePolicies(policies),
          permissions: writePermissions(permissions),
          encryption: WIRE_ENCRYPTION[encryption],
          ...(details && { details: writeSealed(details) }),
          ...withProfile(profile),
        },
      }
    }
    case 'invite': {
      const people = change.people.map(({ account, identityKey, role, history, profile }) => ({
        account: uuidToBytes(account),
        identityKey,
        role: WIRE_ROLES[role],
        history: writeGrant(history),
        ...withProfile(profile),
      }))
      return { case: 'invite', value: { people, expiresMs: writeUntil(change.expiresAt) } }
    }
    case 'accept-invitation':
      return { case: 'acceptInvitation', value: withProfile(change.profile) }
    case 'refuse-invitation':
      return { case: 'refuseInvitation', value: {} }
    case 'withdraw-invitation':
      return { case: 'withdrawInvitation', value: { accounts: writeAccounts(change.accounts) } }
    case 'set-link': {
      if (change.link === undefined) return { case: 'setLink', value: {} }
      const { secretHash, secret, expiresAt } = change.link
      return {
        case: 'setLink',
        value: { secretHash, expiresMs: writeUntil(expiresAt), ...(secret && { secret: writeSealed(secret) }) },
      }
    }
    case 'request-to-join': {
      const { identityKey, secretHash, note } = change
      return { case: 'requestToJoin', value: { identityKey, secretHash, ...(note && { note: writeSealed(note) }) } }
    }
    case 'approve-request':
      return {
        case: 'approveRequest',
        value: {
          account: uuidToBytes(change.account),
          history: writeGrant(change.history),
          ...withProfile(change.profile),
        },
      }
    case 'reject-request':
      return { case: 'rejectRequest', value: { account: uuidToBytes(change.account) } }
    case 'leave':
      return { case: 'leave', value: {} }
    case 'remove':
      return { case: 'remove', value: { accounts: writeAccounts(change.accounts) } }
    case 'ban':
      return { case: 'ban', value: { accounts: writeAccounts(change.accounts), untilMs: writeUntil(change.until) } }
    case 'unban':
      return { case: 'unban', value: { accounts: writeAccounts(change.accounts) } }
    case 'mute':
      return { case: 'mute', value: { ...writeWhom(change.whom), untilMs: writeUntil(change.until) } }
    case 'unmute':
      return { case: 'unmute', value: writeWhom(change.whom) }
    case 'set-role':
      return { case: 'setRole', value: { accounts: writeAccounts(change.accounts), role: WIRE_ROLES[change.role] } }
    case 'transfer-ownership':
      return { case: 'transferOwnership', value: { account: uuidToBytes(change.account) } }
    case 'set-permissions':
      return { case: 'setPermissions', value: { permissions: writePermissions(change.permissions) } }
    case 'set-details':
      return { case: 'setDetails', value: { details: writeSealed(change.details) } }
    case 'set-policies':
      return { case: 'setPolicies', value: { policies: writePolicies(change.policies) } }
    case 'set-encryption':
      return { case: 'setEncryption', value: { encryption: WIRE_ENCRYPTION[change.encryption] } }
    case 'request-rotation':
      return { case: 'requestRotation', value: {} }
    case 'open-epoch':
      return { case: 'openEpoch', value: { epoch: BigInt(change.epoch) } }
    case 'recall':
      return { case: 'recall', value: { messages: change.messages.map(uuidToBytes) } }
    case 'delete-group':
      return { case: 'deleteGroup', value: {} }
    case 'replace-identity': {
      const { identityKey, deviceList, signatureByOld } = change
      return { case: 'replaceIdentity', value: { identityKey, deviceList, signatureByOld } }
    }
    case 'set-profile':
      return { case: 'setProfile', value: { profile: writeSealed(change.profile) } }
    default:
      return unreachable(change)
  }
}

/** An unknown algorithm stays the number it is. */
function writeSealed({ algorithm, ...data }: Sealed): MessageInitShape<typeof EncryptedDataSchema> {
  return { ...data, algorithm: algorithm as Algorithm }
}

function withProfile(profile: Sealed | undefined) {
  return profile === undefined ? {} : { profile: writeSealed(profile) }
}

function writeAccounts(accounts: readonly AccountId[]): Uint8Array[] {
  return accounts.map(uuidToBytes)
}

function writeWhom(whom: readonly AccountId[] | 'everyone') {
  return whom === 'everyone' ? { everyone: true } : { accounts: writeAccounts(whom) }
}

function writeUntil(until: Until): bigint {
  return BigInt(until ?? 0)
}

function writePermissions(permissions: Partial<Permissions>): MessageInitShape<typeof PermissionsSchema> {
  const needed = PERMISSIONS.flatMap((permission) => {
    const role = permissions[permission]
    return role === undefined ? [] : { permission: WIRE_PERMISSIONS[permission], role: WIRE_ROLES[role] }
  })
  return { needed }
}

function writePolicies({ history, rotationTime, rotationMessages }: Policies): MessageInitShape<typeof PoliciesSchema> {
  return { history: writeHistoryPolicy(history), rotationMs: BigInt(rotationTime), rotationMessages }
}

function writeHistoryPolicy(policy: HistoryPolicy): MessageInitShape<typeof HistoryPolicySchema> {
  switch (policy.kind) {
    case 'none':
      return { kind: HistoryPolicy_Kind.NONE }
    case 'days':
      return { kind: HistoryPolicy_Kind.DAYS, days: policy.days }
    case 'all':
      return { kind: HistoryPolicy_Kind.ALL }
  }
}

function writeGrant(grant: HistoryGrant): MessageInitShape<typeof HistoryGrantSchema> {
  switch (grant.kind) {
    case 'none':
      return { kind: HistoryGrant_Kind.NONE }
    case 'since':
      return { kind: HistoryGrant_Kind.SINCE, sinceMs: BigInt(grant.since) }
    case 'all':
      return { kind: HistoryGrant_Kind.ALL }
  }
}
