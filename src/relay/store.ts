// The storage contract: what a relay asks of its store. docs/storage.md has the rules [S1]…; a suite checks every store.
//
// Every call is about one account, mailbox or stream, so that a store may spread them over many databases [S1]. What a
// call answered is committed [S2]. A call rejects with StoreUnavailable if nothing of it was stored and trying later
// makes sense; any other rejection is our mistake.

import type { EnvelopeType } from '../protocol/generated/relay_pb.ts'
import type { AccountId, DeviceId, Instant, RegistrationId, Username } from '../shared/ids.ts'
import type { UploadStore } from './blobs/contract.ts'
import type { ScheduleStore } from './scheduled/contract.ts'
import type { StreamStore } from './streams/contract.ts'

/** The store cannot write now: the disk is full, another process holds the file. */
export class StoreUnavailable extends Error {
  override name = 'StoreUnavailable'
}

export interface RelayStore
  extends AccountStore,
    KeyStore,
    MailboxStore,
    ScheduleStore,
    UploadStore,
    StreamStore,
    RendezvousStore {
  /** 16 random bytes, made when the store was: the relay's id. */
  readonly relay: Uint8Array
  /** Resolves when it answers. Rejects if it cannot be asked now. */
  reach(): Promise<void>
  /** After the last call. What was under way is committed. */
  close(): Promise<void>
}

/** The place of one device's envelopes and keys. */
export interface Mailbox {
  readonly account: AccountId
  readonly device: DeviceId
}

// --- Accounts ---------------------------------------------------------------------------------------------------------

export interface ListedDevice {
  device: DeviceId
  registrationId: RegistrationId
}

/** A device list: the bytes as they were signed, and what was read from them. */
export interface DeviceList {
  list: Uint8Array
  signature: Uint8Array
  version: number
  devices: readonly ListedDevice[]
}

export interface NewAccount {
  account: AccountId
  username: Username
  /** Pinned for good [P13]. */
  identityKey: Uint8Array
  deviceList: DeviceList
}

export interface Account extends NewAccount {
  registeredAt: Instant
  /** By whoever runs the relay: it does not get in [P19]. */
  disabledAt?: Instant
  /** [P97] The key that was pinned before, and the ReplaceIdentity that came with the one of now. */
  replaced?: { formerKey: Uint8Array; statement: Uint8Array }
}

export interface IdentityReplacement {
  formerKey: Uint8Array
  identityKey: Uint8Array
  /** A serialised ReplaceIdentity. */
  statement: Uint8Array
  deviceList: DeviceList
  /** Prekeys that come in the place of those the key before has signed. */
  standing: readonly { device: DeviceId; signed: SignedPreKey; lastResort: SignedPreKey }[]
}

/**
 * again: it was registered just so before [P14] · username-taken · identity-mismatch: the account has another key ·
 * account-exists: the account has another username, or the username another account with this key · invitation-needed:
 * none was given, or it is used up.
 */
export type Registration =
  | 'registered'
  | 'again'
  | 'username-taken'
  | 'identity-mismatch'
  | 'account-exists'
  | 'invitation-needed'

export interface AccountStore {
  /** With `invitation` (SHA-256 of its code) it is used up in the same commit; undefined: none is asked for. */
  register(account: NewAccount, at: Instant, invitation?: Uint8Array): Promise<Registration>
  findAccount(account: AccountId): Promise<Account | undefined>
  findUsername(username: Username): Promise<Account | undefined>
  /**
   * Makes a mailbox for each device that is new and removes those of devices that are gone. A device under another
   * registration id is another installation: its keys go, its envelopes stay.
   */
  replaceDeviceList(account: AccountId, list: DeviceList): Promise<'replaced' | 'not-newer' | 'no-such-account'>
  /**
   * In one commit: pins the key if `formerKey` is the one that is pinned, replaces the list, forgets every prekey that has a
   * signature, and stores those given.
   */
  replaceIdentity(
    account: AccountId,
    replacement: IdentityReplacement,
  ): Promise<'replaced' | 'not-newer' | 'identity-mismatch' | 'no-such-account'>
  /** With its keys, mailboxes and username. What it sent to others stays theirs. */
  eraseAccount(account: AccountId): Promise<void>
  /** Takes the SHA-256 of the code, so that the store does not let anyone in who reads it. */
  addInvitation(digest: Uint8Array, at: Instant): Promise<void>
  /** Account ids in a fixed order, for the sweep: the first ones after the given one. */
  accountsAfter(account: AccountId | undefined, limit: number): Promise<AccountId[]>
}

// --- Keys -------------------------------------------------------------------------------------------------------------

export interface PreKey {
  id: number
  publicKey: Uint8Array
}

export interface SignedPreKey extends PreKey {
  signature: Uint8Array
}

export interface KeyUpload {
  signed?: SignedPreKey
  lastResort?: SignedPreKey
  oneTimeEc: readonly PreKey[]
  oneTimeKyber: readonly SignedPreKey[]
  /**
   * Forget the one-time prekeys held. Repeating the very upload that replaced them is an ordinary one, so that none that
   * was handed out since comes back.
   */
  replaceOneTime: boolean
}

export interface OneTimeCounts {
  oneTimeEc: number
  oneTimeKyber: number
}

export interface HeldKeys extends OneTimeCounts {
  signed?: SignedPreKey
  lastResort?: SignedPreKey
  /** One of the EC one-time prekeys held. */
  sample?: PreKey
}

/** too-many: more of a kind than MAX_ONE_TIME_PREKEYS would be held; nothing was stored. */
export type KeysStored = ({ outcome: 'stored' } & OneTimeCounts) | { outcome: 'too-many' | 'no-such-mailbox' }

export interface TakenBundle extends ListedDevice {
  signed: SignedPreKey
  oneTimeEc?: PreKey
  /** A one-time one, or the last-resort one. */
  kyber: SignedPreKey
  /** How many one-time prekeys were there before this, and are now. */
  before: OneTimeCounts
  after: OneTimeCounts
}

export interface KeyStore {
  heldKeys(mailbox: Mailbox): Promise<HeldKeys>
  /**
   * What is absent stays. One-time prekeys with an id that is not above all those stored before were stored before, and
   * are passed over: an upload whose answer was lost may be repeated.
   */
  storeKeys(mailbox: Mailbox, upload: KeyUpload): Promise<KeysStored>
  /**
   * Takes at most one one-time prekey of a kind from each device; they are gone with the commit that answers [S3].
   * Devices without a signed and a last-resort prekey are left out. Unlisted ones are ignored.
   */
  takeKeys(account: AccountId, devices: readonly DeviceId[]): Promise<TakenBundle[]>
}

// --- Mailboxes --------------------------------------------------------------------------------------------------------

export interface OutgoingEnvelope extends ListedDevice {
  type: EnvelopeType
  content: Uint8Array
}

export interface Submission {
  /** 16 bytes, the sender's choice. */
  submission: Uint8Array
  recipient: AccountId
  sender: AccountId
  senderDevice: DeviceId
  envelopes: readonly OutgoingEnvelope[]
  /** Devices may be left out. */
  partial: boolean
}

export interface StaleDevices {
  missing: readonly DeviceId[]
  extra: readonly DeviceId[]
  changed: readonly DeviceId[]
}

export type Appended =
  | { outcome: 'accepted'; at: Instant; placed: readonly Placed[] }
  /** Stored before, then. */
  | { outcome: 'duplicate'; at: Instant }
  | { outcome: 'stale'; stale: StaleDevices }
  | { outcome: 'full' | 'no-such-account' }

export interface HeldEnvelope {
  position: number
  submission: Uint8Array
  /** The 16 bytes of an account id. */
  sender: Uint8Array
  senderDevice: number
  type: EnvelopeType
  content: Uint8Array
  takenAt: number
}

/** An envelope as it was put into a mailbox. Whoever has read up to `previous` has missed nothing before it. */
export interface Placed {
  device: DeviceId
  previous: number
  envelope: HeldEnvelope
}

export interface MailboxState {
  /** No envelope it ever held is behind it. */
  lastPosition: number
  held: number
  /** Bytes of content. */
  heldBytes: number
  lastSeenAt: Instant | undefined
}

/** What decides whether a connection may stay. */
export interface Standing {
  identityKey: Uint8Array
  disabledAt: Instant | undefined
  /** Undefined: the device is not listed. */
  box:
    | {
        registrationId: RegistrationId
        lastPosition: number
        /** Undefined: nobody has entered since the device was listed. */
        connection: Uint8Array | undefined
      }
    | undefined
}

/** What the store tells about an envelope of one sender that still waits. */
export interface WaitingEnvelope {
  device: DeviceId
  size: number
  takenAt: Instant
  firstBytes: Uint8Array
}

export interface MailboxStore {
  /** The devices of an account as they are listed now; undefined: no such account. */
  listedDevices(account: AccountId): Promise<readonly ListedDevice[] | undefined>
  /**
   * All envelopes, or nothing [P50]. Positions are taken in the order of the calls and only grow, with holes, so that
   * whoever has read up to one has missed nothing below it [S5]. The same submission of the same sender is stored once [S4].
   */
  append(submission: Submission, at: Instant): Promise<Appended>
  /** From the oldest behind `after`. */
  read(mailbox: Mailbox, after: number, limit: number): Promise<HeldEnvelope[]>
  /** They are gone when this resolves [S6]. Positions without an envelope are passed over. */
  acknowledge(mailbox: Mailbox, positions: readonly number[]): Promise<void>
  mailboxState(mailbox: Mailbox): Promise<MailboxState | undefined>
  seen(mailbox: Mailbox, at: Instant): Promise<void>
  /** [P16] The device is seen, and of its connections this one counts from now on. */
  enter(mailbox: Mailbox, connection: Uint8Array, at: Instant): Promise<void>
  /** Undefined: no such account. */
  standing(mailbox: Mailbox): Promise<Standing | undefined>
  /** Envelopes from `sender` that wait for `recipient`, oldest first. */
  waitingFrom(recipient: AccountId, sender: AccountId, limit: number): Promise<WaitingEnvelope[]>
  /** Forgets envelopes and submission ids taken before. How many envelopes went. */
  expire(account: AccountId, envelopesBefore: Instant, submissionsBefore: Instant): Promise<number>
}

// --- Rendezvous -------------------------------------------------------------------------------------------------------

/** opener: the device without an account · joiner: the one that has one. */
export type RendezvousSide = 'opener' | 'joiner'

export interface Meeting {
  /** SHA-256 of the code. */
  code: Uint8Array
  /** Random: what the bell rings under. Of no account. */
  place: AccountId
  expiresAt: Instant
}

export interface RendezvousStore {
  /** False: there is one under this code. */
  openRendezvous(meeting: Meeting, at: Instant): Promise<boolean>
  /** Once: whoever comes second, or too late, finds none. */
  joinRendezvous(code: Uint8Array, at: Instant): Promise<Meeting | undefined>
  /** For `side` to take; at most RENDEZVOUS_MESSAGES are ever placed for one. */
  placeRendezvousMessage(
    code: Uint8Array,
    side: RendezvousSide,
    content: Uint8Array,
    at: Instant,
  ): Promise<'placed' | 'too-many' | 'gone'>
  /**
   * In the order of their placing; they are gone with the commit that answers. `over`: the other side has left, and this was
   * all. Undefined: there is no such rendezvous any more.
   */
  takeRendezvousMessages(
    code: Uint8Array,
    side: RendezvousSide,
    at: Instant,
  ): Promise<{ messages: Uint8Array[]; over: boolean } | undefined>
  /** Nobody joins or places anything any more. Once both have left, or nobody has joined, nothing of it is left. */
  closeRendezvous(code: Uint8Array): Promise<void>
  /** Forgets those that expired by then. How many there were. */
  expireRendezvous(at: Instant): Promise<number>
}

// --- Administration ---------------------------------------------------------------------------------------------------

export interface AccountSummary {
  account: AccountId
  username: Username
  registeredAt: Instant
  disabledAt: Instant | undefined
  /** When any of its devices was last connected. */
  lastSeenAt: Instant | undefined
  devices: number
  /** Envelopes that wait for it. */
  held: number
}

export interface StoreTotals {
  accounts: number
  disabled: number
  devices: number
  envelopes: number
  /** Bytes of content. */
  envelopeBytes: number
  invitations: number
  /** Of groups that are not deleted. */
  streams: number
  streamEntries: number
  /** Besides the entries of their logs. */
  streamItems: number
  /** Bytes of content of those. */
  streamBytes: number
  /** Blobs, also those under way, and their bytes as announced. */
  blobs: number
  blobBytes: number
}

/** What whoever runs the relay may ask of a store besides. */
export interface AdministeredStore extends RelayStore {
  /** By username: the first ones after the given one. */
  describeAccounts(after: Username | undefined, limit: number): Promise<AccountSummary[]>
  /** Undefined: it may come in again. */
  setDisabled(account: AccountId, at: Instant | undefined): Promise<void>
  totals(): Promise<StoreTotals>
  /**
   * All that is committed, as one database, into a file that is empty or not there. Other calls wait meanwhile.
   * Absent: the database has tools of its own for that.
   */
  copyTo?(file: string): Promise<void>
}

/** [P50] Undefined: the envelopes fit the devices. One's own sending device gets none. */
export function compareDevices(
  listed: readonly ListedDevice[],
  { recipient, sender, senderDevice, envelopes, partial }: Submission,
): StaleDevices | undefined {
  const expected = recipient === sender ? listed.filter(({ device }) => device !== senderDevice) : listed
  const fits = ({ device, registrationId }: ListedDevice) =>
    expected.some((other) => other.device === device && other.registrationId === registrationId)
  if ((partial || expected.length === envelopes.length) && envelopes.every(fits)) return undefined
  const given = new Map(envelopes.map((envelope) => [envelope.device, envelope.registrationId]))
  const known = new Map(expected.map((entry) => [entry.device, entry.registrationId]))
  return {
    missing: partial ? [] : [...known.keys()].filter((device) => !given.has(device)),
    extra: [...given.keys()].filter((device) => !known.has(device)),
    changed: [...known]
      .filter(([device, id]) => given.has(device) && given.get(device) !== id)
      .map(([device]) => device),
  }
}
