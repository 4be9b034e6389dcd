// The contract: every call that a window, a bot or a test may make, as schemas. Types, the IPC door, the window's client
// and JSON-RPC all come from this one value; adding a call is one edit here.

import { z } from 'zod'
import type { Answer } from './answer.ts'
import { Failure } from './failure.ts'
import { AccountId, ConversationId, DeviceId, GroupId, Instant, MessageId, ProfileName, Username } from './ids.ts'
import { Invitation, InvitationCode, ReadInvitation } from './invitation.ts'
import { MAX_LINK_LENGTH } from './invitation-link.ts'
import { MAX_AVATAR_BYTES, MAX_GROUP_AVATAR_BYTES, MAX_GROUP_MEMBERS } from './limits.ts'
import {
  About,
  AppLock,
  AvatarId,
  type ChangeSet,
  Conversation,
  DeviceName,
  DisplayName,
  Group,
  GroupConversation,
  GroupDescription,
  GroupEncryption,
  GroupJoinNote,
  GroupPermission,
  GroupPolicies,
  GroupRole,
  GroupStanding,
  GroupTitle,
  HistoryGrant,
  KeyReplacement,
  Message,
  MessageText,
  MessageVersion,
  Muted,
  OwnDevice,
  Passphrase,
  Person,
  PersonNote,
  Profile,
  RelayPlace,
  RelayView,
  Settings,
  Snapshot,
} from './model.ts'
import { isText } from './typed.ts'

const nothing = z.strictObject({})
const done = z.null()
/** An absolute path: only where there are no windows. */
const Place = z.string().min(1).max(4096)
/** Whatever somebody pasted or clicked. */
const Link = z.string().max(4 * MAX_LINK_LENGTH)
/** A safety number. */
const Digits = z.string().regex(/^\d{60}$/)

/** What stands in the composer. */
const Draft = z.string().max(65536).refine(isText, 'lone surrogates are not text')

const inGroup = z.strictObject({ conversation: ConversationId })
/** PNG, JPEG or WebP in base64, at most 12 KiB and 512 pixels a side, without words beside the pixels. */
const groupPicture = z.string().max(2 * MAX_GROUP_AVATAR_BYTES)
/** As it is here. Null: none. */
const avatar = z.object({ id: AvatarId, mediaType: z.string(), picture: z.base64() }).nullable()
/** All whom a group has room for beside oneself. */
const manyPeople = z.array(AccountId).max(MAX_GROUP_MEMBERS - 1)
const ofMembers = z.strictObject({ conversation: ConversationId, accounts: z.array(AccountId).min(1).max(100) })

function call<Input extends z.ZodType, Output extends z.ZodType>(input: Input, output: Output) {
  return { input, output }
}

/**
 * Every input is a strict object, and so is every object in it: a name it does not know is refused, so that a typing mistake is
 * not silence.
 */
export const api = {
  /** The state to begin with; changes after its revision follow by themselves. */
  getSnapshot: call(nothing, Snapshot),

  /** Makes keys, stores them, registers at the relay. Refused with profile-exists where there is one. */
  createProfile: call(
    z.strictObject({
      name: DisplayName,
      username: Username,
      relay: RelayPlace,
      invitation: z.string().max(256).optional(),
    }),
    Profile,
  ),
  /**
   * For an install without a profile: shows a code, under which a device of an account can find this one for ten minutes. How
   * it goes on is told as `linking`. Begun again, the code before is good no longer.
   */
  beginLink: call(
    z.strictObject({ relay: RelayPlace, deviceName: DeviceName }),
    z.object({ code: z.string(), link: z.string() }),
  ),
  /** On a device with the account: the code that the new one shows, or the address behind its square code. */
  joinLink: call(z.strictObject({ code: z.string().max(1024) }), done),
  /** Whether both screens show the same words. Only then the account is handed over. */
  confirmLink: call(z.strictObject({ same: z.boolean() }), done),
  /** Ends a link that is under way, on either device. Neither keeps anything of it. */
  cancelLink: call(nothing, done),
  /** Stops history on its way to or from another device. What has arrived stays. */
  stopHistory: call(nothing, done),
  /** Goes on with it, from where it was. */
  resumeHistory: call(nothing, done),
  /** Tries again to open a profile that is `closed`. */
  openProfile: call(nothing, done),
  /**
   * Opens a profile that is `closed` or `locked` with its recovery code, and gives its key back to the keychain. Where
   * there was a passphrase, a new one comes with it: what was protected stays so.
   */
  openWithRecoveryCode: call(z.strictObject({ code: z.string().max(256), passphrase: Passphrase.optional() }), done),
  /**
   * Eight groups of four letters that open the database when the keychain does not. The one secret that a call returns,
   * because a person has to write it down: made anew by this call, and gone from memory when it is confirmed. With the
   * passphrase where there is one.
   */
  revealRecoveryCode: call(
    z.strictObject({ passphrase: Passphrase.optional() }),
    z.object({ groups: z.array(z.string()).length(8) }),
  ),
  /** Two of the groups, to show that they were kept. */
  confirmRecoveryCode: call(z.strictObject({ third: z.string().max(32), seventh: z.string().max(32) }), done),
  /** Whether this is the code, without opening anything. */
  checkRecoveryCode: call(z.strictObject({ code: z.string().max(256) }), done),

  /**
   * From now on the database opens with this passphrase and the keychain together. Needs a recovery code that was kept:
   * there is no other way back from a forgotten passphrase.
   */
  setPassphrase: call(z.strictObject({ passphrase: Passphrase }), done),
  changePassphrase: call(z.strictObject({ old: Passphrase, passphrase: Passphrase }), done),
  /** The keychain alone opens the database again. */
  removePassphrase: call(z.strictObject({ passphrase: Passphrase }), done),
  /** Closes the engine and forgets its keys. Until `unlock`, nothing is received and every other call is refused. */
  lock: call(nothing, done),
  /** Wrong ones make the next try wait longer and longer, also after a restart. Nothing is ever wiped. */
  unlock: call(z.strictObject({ passphrase: Passphrase }), done),
  /** After how many minutes without anybody at the computer the app locks by itself. Null: never. */
  setIdleLock: call(z.strictObject({ minutes: AppLock.shape.idleMinutes }), done),

  /**
   * Writes what is new since the last backup into a folder, sealed under what the recovery code opens. In a window the
   * person chooses the folder in a dialog, the first time and `elsewhere`; without windows `folder` names it.
   */
  createBackup: call(
    z.strictObject({ folder: Place.optional(), elsewhere: z.boolean().default(false) }),
    z.object({ made: Instant, rows: z.int(), segments: z.int(), added: z.int() }),
  ),
  /** Stops what is being written, checked or restored. The backup before stays as it was. */
  cancelBackup: call(nothing, done),
  /** Opens all of the newest backup, as restoring it would. */
  verifyBackup: call(z.strictObject({ folder: Place.optional() }), z.object({ made: Instant, segments: z.int() })),
  /** At `welcome`, in a window: the person shows where the backup is. */
  chooseBackup: call(nothing, z.object({ place: z.string() })),
  /**
   * At `welcome`: makes the profile anew of the newest backup that this recovery code opens: the one that was chosen, or in
   * `folder`. Its sessions begin anew, as after an old copy was put back.
   */
  restoreBackup: call(z.strictObject({ code: z.string().max(256), folder: Place.optional() }), done),

  /**
   * Writes all chats or one into a new folder, for people or programs to read. `readableByAnybody` says that the caller
   * knows what that means; in a window the person is asked too, and chooses where.
   */
  exportHistory: call(
    z.strictObject({
      format: z.enum(['html', 'json']),
      conversation: ConversationId.optional(),
      folder: Place.optional(),
      readableByAnybody: z.literal(true),
    }),
    z.object({ path: z.string(), conversations: z.int(), messages: z.int() }),
  ),

  /**
   * Takes in chats that were exported as JSON: those in the folder that the person chooses, or in `folder`. Nothing is sent.
   * `known` were here already; `skipped` are whole chats of groups, and chats with oneself as somebody else had them.
   */
  importHistory: call(
    z.strictObject({ folder: Place.optional() }),
    z.object({ added: z.int(), known: z.int(), skipped: z.int() }),
  ),

  /** The person has seen that the profile was put back from an older copy. */
  acknowledgeRestore: call(nothing, done),

  /** What is left out stays as it is. */
  updateProfile: call(z.strictObject({ name: DisplayName.optional(), about: About.optional() }), Profile),
  /**
   * PNG, JPEG or WebP in base64, at most 64 KiB and 512 pixels a side, without words beside the pixels. Others get it in
   * accepted conversations. Null: none.
   */
  setAvatar: call(
    z.strictObject({
      picture: z
        .string()
        .max(2 * MAX_AVATAR_BYTES)
        .nullable(),
    }),
    Profile,
  ),
  /** One's own or somebody's, as it is here. */
  getAvatar: call(z.strictObject({ account: AccountId }), avatar),
  updateSettings: call(Settings.partial().strict(), Settings),

  /** Asks the relay who has a username. Finding oneself is finding one's notes. */
  findPerson: call(z.strictObject({ username: Username }), Person),
  /** The conversation with a person found before; made if there is none. Tells nobody. */
  openConversation: call(z.strictObject({ account: AccountId }), Conversation),
  acceptRequest: call(z.strictObject({ conversation: ConversationId }), done),
  /** Forgets the request and its messages. The other side is not told. */
  refuseRequest: call(z.strictObject({ conversation: ConversationId }), done),
  blockPerson: call(z.strictObject({ account: AccountId }), done),
  unblockPerson: call(z.strictObject({ account: AccountId }), done),
  /** By name. Whoever was blocked before there was a conversation, too. */
  listPeople: call(z.strictObject({ which: z.enum(['all', 'blocked']).default('all') }), z.array(Person)),
  /** What they are called on this device. Null: what they call themselves. */
  setNickname: call(z.strictObject({ account: AccountId, nickname: DisplayName.nullable() }), Person),
  /** For oneself; nobody else learns of it. */
  setNote: call(z.strictObject({ account: AccountId, note: PersonNote }), Person),
  /** Null: no longer. */
  setMuted: call(z.strictObject({ conversation: ConversationId, until: Muted.nullable() }), Conversation),
  /** Out of the list, until something is said in it. */
  setArchived: call(z.strictObject({ conversation: ConversationId, archived: z.boolean() }), Conversation),
  /** At the top of the list. */
  setPinned: call(z.strictObject({ conversation: ConversationId, pinned: z.boolean() }), Conversation),

  /** Committed when it answers: it goes out now or when the relay is there again, once, in order. */
  sendMessage: call(
    z.strictObject({
      conversation: ConversationId,
      text: MessageText,
      /** In a group that allows it: not encrypted, so that the relay can read it. */
      readable: z.boolean().optional(),
    }),
    Message,
  ),
  retryMessage: call(z.strictObject({ message: MessageId }), done),
  /** For oneself: on this device, and on one's others. */
  deleteMessage: call(z.strictObject({ message: MessageId }), done),
  /** One's own, for everyone, for 24 hours. Those who have it see that it was changed. */
  editMessage: call(z.strictObject({ message: MessageId, text: MessageText }), Message),
  /** One's own, for everyone, for 24 hours. That something was there stays to be seen. */
  recallMessages: call(z.strictObject({ messages: z.array(MessageId).min(1).max(100) }), done),
  /** What a message said before, oldest first, and what it says now. Empty if it was never changed. */
  listEdits: call(z.strictObject({ message: MessageId }), z.object({ versions: z.array(MessageVersion) })),
  /** Newest last. `before`: only what stands before this message. */
  listMessages: call(
    z.strictObject({
      conversation: ConversationId,
      before: MessageId.optional(),
      limit: z.int().min(1).max(200).default(50),
    }),
    z.object({ messages: z.array(Message), hasEarlier: z.boolean() }),
  ),
  /** Everything up to and including this message. Sends read receipts where they are on. */
  markRead: call(z.strictObject({ conversation: ConversationId, upTo: MessageId }), done),
  /** Refresh it every 3 s while the person types: it ends by itself after 5 s. */
  setTyping: call(z.strictObject({ conversation: ConversationId, typing: z.boolean() }), done),
  saveDraft: call(z.strictObject({ conversation: ConversationId, text: Draft }), done),

  /** Makes a group, with oneself as its owner, and invites these people: those it can at once, the others by and by. */
  createGroup: call(
    z.strictObject({
      title: GroupTitle,
      description: GroupDescription.optional(),
      picture: groupPicture.optional(),
      people: manyPeople.default([]),
      encryption: GroupEncryption.default('required'),
      policies: GroupPolicies.partial().optional(),
      /** What those who are invited now are given of what was said before they accept. */
      history: HistoryGrant.default({ kind: 'all' }),
    }),
    GroupConversation,
  ),
  getGroup: call(inGroup, Group),
  /** What is left out stays as it is. The picture: null takes it away. */
  updateGroupDetails: call(
    z.strictObject({
      ...inGroup.shape,
      title: GroupTitle.optional(),
      description: GroupDescription.optional(),
      picture: groupPicture.nullable().optional(),
    }),
    done,
  ),
  getGroupAvatar: call(inGroup, avatar),
  /**
   * Refused: nobody was invited. Else it says how many were, and how many this device goes on to invite by itself, as the relay
   * gives out their keys; and how many were not after all, and why, where the group refused in the middle of it.
   */
  inviteToGroup: call(
    z.strictObject({ ...inGroup.shape, people: manyPeople.min(1), history: HistoryGrant.default({ kind: 'all' }) }),
    z.object({
      invited: z.int(),
      waiting: z.int(),
      notInvited: z.object({ people: z.int(), failure: Failure }).nullable(),
    }),
  ),
  withdrawInvitation: call(ofMembers, done),
  answerInvitation: call(z.strictObject({ ...inGroup.shape, accept: z.boolean() }), done),
  /** A link by which people may ask to join; another one each time it is switched on. */
  setGroupLink: call(z.strictObject({ ...inGroup.shape, on: z.boolean() }), done),
  getGroupLink: call(inGroup, z.object({ link: z.string() })),
  /** What a link leads to, as far as whoever has it may know. Refused with bad-input if it is none. */
  readGroupLink: call(
    z.strictObject({ link: z.string().max(1024) }),
    z.object({ group: GroupId, members: z.int(), standing: GroupStanding.nullable() }),
  ),
  /** By somebody who has the link; the note is for whoever approves. */
  requestToJoin: call(
    z.strictObject({ link: z.string().max(1024), note: GroupJoinNote.default('') }),
    GroupConversation,
  ),
  decideRequest: call(
    z.strictObject({
      ...inGroup.shape,
      account: AccountId,
      approve: z.boolean(),
      history: HistoryGrant.default({ kind: 'none' }),
    }),
    done,
  ),
  leaveGroup: call(inGroup, done),
  removeMembers: call(ofMembers, done),
  /** `until` absent: for good. Refused with bad-input if it has passed. */
  banMembers: call(z.strictObject({ ...ofMembers.shape, until: Instant.optional() }), done),
  unbanMembers: call(ofMembers, done),
  /** `accounts` empty: everybody below one's own role. `until` absent: until they are unmuted; refused if it has passed. */
  muteMembers: call(
    z.strictObject({ ...inGroup.shape, accounts: z.array(AccountId).max(100), until: Instant.optional() }),
    done,
  ),
  unmuteMembers: call(z.strictObject({ ...inGroup.shape, accounts: z.array(AccountId).max(100) }), done),
  setGroupRole: call(z.strictObject({ ...ofMembers.shape, role: GroupRole }), done),
  transferOwnership: call(z.strictObject({ ...inGroup.shape, account: AccountId }), done),
  setGroupPermissions: call(
    z.strictObject({ ...inGroup.shape, permissions: z.partialRecord(GroupPermission, GroupRole) }),
    done,
  ),
  setGroupPolicies: call(z.strictObject({ ...inGroup.shape, policies: GroupPolicies.partial() }), done),
  /** By an owner, for everyone. Switching on begins with new keys. */
  setGroupEncryption: call(z.strictObject({ ...inGroup.shape, encryption: GroupEncryption }), done),
  /** The person has seen that the relay can read along: until then nothing readable is sent. */
  acceptReadable: call(inGroup, done),
  /** Whoever speaks next begins with new keys. */
  rotateKeys: call(inGroup, done),
  deleteGroup: call(inGroup, done),
  /**
   * The exact devices that have what opens a message, also of people who have gone since. confirmed: it is there · told: on
   * its way · not-yet: it was not told · entitled: the log allows it, and only who told it the key knows. Without devices:
   * none of theirs is known here.
   */
  getReaders: call(
    z.strictObject({ message: MessageId }),
    z.object({
      epoch: z.int().nullable(),
      readers: z.array(
        z.object({
          person: Person,
          devices: z.array(z.object({ device: DeviceId, has: z.enum(['told', 'confirmed', 'not-yet', 'entitled']) })),
        }),
      ),
    }),
  ),
  /**
   * Who has read what one said in a group, as far as they tell: first who was first. `others`: members it was said to who have
   * not, or do not tell. told: `off`, one does not tell others oneself · `too-many`, it is not told in groups as large.
   */
  getReceipts: call(
    z.strictObject({ message: MessageId }),
    z.object({
      told: z.enum(['told', 'off', 'too-many']),
      read: z.array(z.object({ person: Person, at: Instant })),
      others: z.array(Person),
    }),
  ),
  /** Why a message of a group cannot be read yet, and what is done about it. */
  getMissingKey: call(
    z.strictObject({ message: MessageId }),
    z.object({
      epoch: z.int(),
      /** Whose message it is. */
      owner: Person,
      askedAt: Instant.nullable(),
      /** Who is about to answer. */
      answering: Person.nullable(),
      nextTryAt: Instant.nullable(),
      /** Because the group's policy does not give this device what was said then. */
      notEntitled: z.boolean(),
    }),
  ),
  askForKeys: call(z.strictObject({ message: MessageId }), done),

  /** One's own: a link that says where one is, and a hint by which a relay that lies is found out. */
  getInvitation: call(
    z.strictObject({ code: InvitationCode.optional() }),
    z.object({ link: z.string(), invitation: Invitation }),
  ),
  /** What a link says, and how it stands with that. Nothing is remembered, and nobody is told. */
  readInvitation: call(z.strictObject({ link: Link }), ReadInvitation),
  /** The conversation with whoever invites, if the relay shows the identity that the link vouches for. Tells nobody. */
  acceptInvitation: call(z.strictObject({ link: Link }), Conversation),
  /** The link that the system handed to the app has been seen. Only where there are windows. */
  dismissLink: call(nothing, done),

  /** 60 digits that both see alike if nobody stands between. `scannable`: the same for a machine to read, in base64. */
  getSafetyNumber: call(
    z.strictObject({ account: AccountId }),
    z.object({ digits: Digits, scannable: z.base64(), person: Person }),
  ),
  /** What a scanner read off the other screen. `digits`: the safety number that it was compared with. */
  checkScannedSafetyNumber: call(
    z.strictObject({ account: AccountId, scanned: z.string().max(1024) }),
    z.object({ matches: z.boolean(), digits: Digits }),
  ),
  /** The person has seen that the relay contradicted itself about them. */
  dismissContradiction: call(nothing, done),
  /**
   * `digits`: the safety number that the person looked at. Refused with safety-number-changed if it is another one by
   * now: what nobody has seen is not vouched for. Give it wherever a person decides.
   */
  setVerified: call(z.strictObject({ account: AccountId, verified: z.boolean(), digits: Digits.optional() }), Person),
  /** The person has looked at a changed safety number and goes on; what waited goes out. */
  acceptSafetyNumber: call(z.strictObject({ account: AccountId, digits: Digits.optional() }), Person),

  /** One's own devices, by the signed list. */
  listDevices: call(nothing, z.array(OwnDevice)),
  renameDevice: call(z.strictObject({ device: DeviceId, name: DisplayName }), z.array(OwnDevice)),
  /** Takes another device off the account, for good. */
  revokeDevice: call(z.strictObject({ device: DeviceId }), z.array(OwnDevice)),
  /**
   * For a device that was stolen: takes it off the account and replaces the account's keys, so that what is on it is good for
   * nothing any more. Contacts are told. Goes on where it was interrupted.
   */
  replaceKeys: call(z.strictObject({ revoke: DeviceId.nullable() }), KeyReplacement),
  /** The last replacement from this device. */
  getKeyReplacement: call(nothing, KeyReplacement.nullable()),
  /** All that the relay holds about this account. */
  getRelayView: call(nothing, RelayView),
  /** Tries to connect now instead of at the next retry. */
  reconnect: call(nothing, done),
  /** Ends the app, installs the update that is `ready`, and starts the app again. Only where there are windows. */
  installUpdate: call(nothing, done),
  /** Opens another profile in its own window beside this one. Only where there are windows. */
  openSecondProfile: call(nothing, z.object({ profile: ProfileName })),
} as const

export type Api = typeof api
export type CallName = keyof Api
/** What a caller passes: before defaults are filled in and text is folded. */
export type CallInput<Name extends CallName> = z.input<Api[Name]['input']>
/** What a handler gets: parsed. */
export type ParsedInput<Name extends CallName> = z.output<Api[Name]['input']>
export type CallOutput<Name extends CallName> = z.output<Api[Name]['output']>

/** One handler for each call: forgetting one is a compile error. */
export type Handlers = { [Name in CallName]: (input: ParsedInput<Name>) => Promise<Answer<CallOutput<Name>>> }

/** What a window or a bot holds: ask, and listen. */
export interface Client {
  invoke<Name extends CallName>(name: Name, input: CallInput<Name>): Promise<Answer<CallOutput<Name>>>
  /** Returns how to stop listening. */
  onChange(listener: (changes: ChangeSet) => void): () => void
}

export function isCallName(name: unknown): name is CallName {
  return typeof name === 'string' && Object.hasOwn(api, name)
}
