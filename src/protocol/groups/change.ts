// What an entry of a group's log may change, in words of our own.

import type { AccountId, Instant, MessageId } from '../../shared/ids.ts'

export const ROLES = ['member', 'admin', 'owner'] as const
/** Ascending. */
export type Role = (typeof ROLES)[number]

export const PERMISSIONS = [
  'send',
  'invite',
  'approve', // and reject requests, and set the link
  'remove',
  'ban', // and unban
  'mute', // and unmute
  'recall', // messages of others
  'details', // title, description, avatar
  'set-role', // up to one's own
  'policies',
] as const
export type Permission = (typeof PERMISSIONS)[number]

/** The least role that may. */
export type Permissions = Readonly<Record<Permission, Role>>

export type Encryption = 'required' | 'optional' | 'off'

/** Absent: for good. */
export type Until = Instant | undefined

/** How much of what was said before somebody joined they may be given at most. */
export type HistoryPolicy = { kind: 'none' } | { kind: 'days'; days: number } | { kind: 'all' }
/** How much of it this person is given, as far as the policy goes. */
export type HistoryGrant = { kind: 'none' } | { kind: 'since'; since: Instant } | { kind: 'all' }

export interface Policies {
  readonly history: HistoryPolicy
  /** Milliseconds after which an epoch is over. */
  readonly rotationTime: number
  readonly rotationMessages: number
}

/** EncryptedData of group.proto, of any algorithm: what is unknown is for its reader to leave out [D3]. */
export interface Sealed {
  readonly algorithm: number
  readonly ciphertext: Uint8Array
  readonly senderKey: Uint8Array
  readonly session: Uint8Array
}

export interface InvitedPerson {
  readonly account: AccountId
  /** Under which they have to accept. */
  readonly identityKey: Uint8Array
  readonly role: Role
  readonly history: HistoryGrant
  /** As the inviter knows them. */
  readonly profile?: Sealed | undefined
}

export interface Link {
  readonly secretHash: Uint8Array
  /** For members. */
  readonly secret: Sealed | undefined
  readonly expiresAt: Until
}

type Accounts = readonly AccountId[]

export type Change =
  | {
      kind: 'create'
      identityKey: Uint8Array
      policies: Policies
      /** Those that are named differ from the defaults. */
      permissions: Partial<Permissions>
      encryption: Encryption
      details: Sealed | undefined
      profile?: Sealed | undefined
    }
  | { kind: 'invite'; people: readonly InvitedPerson[] /** Absent: three days after the entry. */; expiresAt: Until }
  | { kind: 'accept-invitation'; profile?: Sealed | undefined }
  | { kind: 'refuse-invitation' }
  | { kind: 'withdraw-invitation'; accounts: Accounts }
  | { kind: 'set-link' /** Absent: there is none any more. */; link: Link | undefined }
  | { kind: 'request-to-join'; identityKey: Uint8Array; secretHash: Uint8Array; note: Sealed | undefined }
  | { kind: 'approve-request'; account: AccountId; history: HistoryGrant; profile?: Sealed | undefined }
  | { kind: 'reject-request'; account: AccountId }
  | { kind: 'leave' }
  | { kind: 'remove'; accounts: Accounts }
  | { kind: 'ban'; accounts: Accounts; until: Until }
  | { kind: 'unban'; accounts: Accounts }
  | { kind: 'mute'; whom: Accounts | 'everyone'; until: Until }
  | { kind: 'unmute'; whom: Accounts | 'everyone' }
  | { kind: 'set-role'; accounts: Accounts; role: Role }
  | { kind: 'transfer-ownership'; account: AccountId }
  | { kind: 'set-permissions' /** Those that are named change. */; permissions: Partial<Permissions> }
  | { kind: 'set-details'; details: Sealed }
  | { kind: 'set-policies'; policies: Policies }
  | { kind: 'set-encryption'; encryption: Encryption }
  | { kind: 'request-rotation' }
  | { kind: 'open-epoch'; epoch: number }
  | { kind: 'recall'; messages: readonly MessageId[] }
  | { kind: 'delete-group' }
  | { kind: 'set-profile'; profile: Sealed }
  | { kind: 'replace-identity'; identityKey: Uint8Array; deviceList: Uint8Array; signatureByOld: Uint8Array }
