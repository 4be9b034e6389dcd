// The part of docs/json-rpc.md that follows from the contract: every call with its input, output and refusals.
// `node scripts/describe-calls.ts` writes it; a test checks that it was.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { api, type CallName } from '../src/shared/api.ts'
import { Failure, FailureCode } from '../src/shared/failure.ts'
import { AccountId, ConversationId, Instant, MessageId, ProfileName, Username } from '../src/shared/ids.ts'
import { Invitation, InvitationCode, InvitationStanding, ReadInvitation } from '../src/shared/invitation.ts'
import {
  About,
  AppLock,
  AvatarId,
  Backup,
  Change,
  ChangeSet,
  Connection,
  Contradiction,
  Conversation,
  Delivery,
  DisplayName,
  Group,
  GroupConversation,
  GroupEncryption,
  GroupMember,
  GroupPermission,
  GroupPolicies,
  GroupRole,
  GroupStanding,
  GroupSummary,
  Held,
  History,
  HistoryGrant,
  HistoryPolicy,
  Host,
  KeyReplacement,
  Linking,
  Message,
  MessageContent,
  MessageText,
  MessageVersion,
  Muted,
  OpenedLink,
  OwnDevice,
  Passphrase,
  Person,
  PersonConversation,
  PersonNote,
  Profile,
  RelayPlace,
  RelayView,
  Safety,
  Settings,
  Snapshot,
  Stage,
  Update,
} from '../src/shared/model.ts'
import { createSchemaText } from './schema-text.ts'

interface Description {
  about: string
  /** Besides those that any call may have. */
  refusals: FailureCode[]
}

const RELAY: FailureCode[] = ['not-connected', 'rate-limited', 'relay-refused', 'update-needed']
const IN_GROUP: FailureCode[] = ['no-such-group', 'not-permitted', 'group-halted', 'group-full', 'already-so', ...RELAY]
const KEYCHAIN: FailureCode[] = ['keychain-locked', 'keychain-absent', 'keychain-changed', 'keychain-timeout']
const TRIED: FailureCode[] = ['wrong-passphrase', 'too-many-tries']

const calls: Record<CallName, Description> = {
  getSnapshot: {
    about: 'The state to begin with. Changes with a higher revision follow as notifications. Works at every stage.',
    refusals: [],
  },
  createProfile: {
    about: 'Makes the keys, stores them, registers at the relay. What fails can be tried again.',
    refusals: ['profile-exists', 'username-taken', 'invitation-needed', ...KEYCHAIN, 'disk-full', ...RELAY],
  },
  beginLink: {
    about:
      'For an install without a profile: shows a code by which a device of an account finds it, for ten minutes. `link` is the same for a QR code. How it goes on is told by changes of the kind `linking`.',
    refusals: ['profile-exists', 'link-broken', ...KEYCHAIN, 'disk-full', ...RELAY],
  },
  joinLink: {
    about: 'On a device with the account: the code or the link that the new device shows. Both then show four words.',
    refusals: ['no-such-link', 'link-broken', ...RELAY],
  },
  confirmLink: {
    about: 'Whether the person sees the same words on both screens. Only with `true` the account is handed over.',
    refusals: ['no-such-link', 'link-broken', 'link-spoiled', 'too-many-devices'],
  },
  cancelLink: { about: 'Ends a link that is under way, on either device.', refusals: [] },
  stopHistory: {
    about: 'Stops history on its way to or from another of one’s devices. What has arrived stays.',
    refusals: ['already-so'],
  },
  resumeHistory: { about: 'Goes on with it, from where it was.', refusals: ['already-so'] },
  openProfile: {
    about: 'Tries again to open a profile whose stage is `closed`.',
    refusals: [
      'already-so',
      'profile-in-use',
      ...KEYCHAIN,
      'profile-copied',
      'wrong-key',
      'database-damaged',
      'database-newer',
      'disk-full',
    ],
  },
  openWithRecoveryCode: {
    about:
      'Opens a profile whose stage is `closed` or `locked` with its recovery code, and gives its key back to the keychain. Where there was a passphrase, a new one comes with it.',
    refusals: [
      'wrong-code',
      'passphrase-needed',
      'already-so',
      'profile-in-use',
      'database-damaged',
      'database-newer',
      'disk-full',
    ],
  },
  revealRecoveryCode: {
    about:
      'Eight groups to write down. The one secret that a call returns, and not any more once it is confirmed. With the passphrase where there is one.',
    refusals: ['already-so', 'passphrase-needed', ...TRIED, ...KEYCHAIN, 'disk-full'],
  },
  confirmRecoveryCode: {
    about: 'The third and the seventh group, to show that the code was kept.',
    refusals: ['wrong-code', 'already-so', 'disk-full'],
  },
  checkRecoveryCode: { about: 'Whether this is the recovery code. Opens nothing.', refusals: ['wrong-code'] },
  setPassphrase: {
    about:
      'From now on the database opens with this passphrase and the keychain together. The recovery code has to be confirmed first. At first the app locks itself after five idle minutes.',
    refusals: ['already-so', 'recovery-code-first', ...KEYCHAIN, 'disk-full'],
  },
  changePassphrase: {
    about: 'Another passphrase in place of the old one.',
    refusals: ['no-passphrase', ...TRIED, ...KEYCHAIN, 'disk-full'],
  },
  removePassphrase: {
    about: 'The keychain alone opens the database again.',
    refusals: ['no-passphrase', ...TRIED, ...KEYCHAIN, 'disk-full'],
  },
  lock: {
    about:
      'Closes the engine and forgets its keys. Until `unlock` nothing is received, and calls are refused with `locked`; drafts are kept.',
    refusals: ['no-passphrase'],
  },
  unlock: {
    about:
      'Opens a profile whose stage is `locked`. After three wrong passphrases each try has to wait (`retryAfter`), twice as long each time up to ten minutes, also after a restart. Nothing is wiped.',
    refusals: ['already-so', ...TRIED, ...KEYCHAIN, 'profile-copied', 'wrong-key', 'database-damaged', 'disk-full'],
  },
  setIdleLock: {
    about:
      'After how many minutes without anybody at the computer the app locks by itself. Only where there are windows.',
    refusals: ['no-passphrase', 'disk-full'],
  },
  createBackup: {
    about:
      'Writes what is new since the last backup into a folder (`sotto-…` in it), sealed under what the recovery code opens; the `segments` it is made of, and how many had to be `added`. `folder` is an absolute path, and remembered; only where there are no windows. While it goes on, `backup` changes tell how far it is.',
    refusals: ['recovery-code-first', 'already-so', 'cancelled', 'place-refused', 'disk-full'],
  },
  cancelBackup: {
    about: 'Stops what is being written, checked or restored. The backup before stays as it was.',
    refusals: ['already-so'],
  },
  verifyBackup: {
    about:
      'Opens all of the newest backup, as restoring would. What it finds damaged is written again by the next backup.',
    refusals: ['no-backup', 'backup-damaged', 'database-newer', 'already-so', 'cancelled', 'place-refused'],
  },
  chooseBackup: {
    about: 'At `welcome`: the person shows where a backup is. Only where there are windows; here it is always refused.',
    refusals: ['not-available-here', 'cancelled', 'no-backup', 'place-refused'],
  },
  restoreBackup: {
    about:
      'At `welcome`: makes the profile anew of the newest backup in `folder` that this recovery code opens. Its sessions begin anew, as after an old copy was put back (`restoredAt`).',
    refusals: [
      'profile-exists',
      'no-backup',
      'wrong-code',
      'backup-damaged',
      'database-newer',
      'already-so',
      'cancelled',
      'place-refused',
      ...KEYCHAIN,
      'disk-full',
    ],
  },
  exportHistory: {
    about:
      'Writes all chats, or one, into a new folder in `folder` (an absolute path): pages for a browser, or JSON with a message a line. Nothing of it is sealed, hence `readableByAnybody`.',
    refusals: ['no-such-conversation', 'place-refused', 'disk-full'],
  },
  importHistory: {
    about:
      'Takes in chats that were exported as JSON, from `folder` (an absolute path), which is read as what a stranger wrote: all of it is checked before anything is stored. Nothing is sent, pinned or verified; what is added says `imported`. `skipped` counts chats of groups.',
    refusals: ['not-an-export', 'update-needed', 'no-profile', 'cancelled', 'place-refused', 'disk-full'],
  },
  acknowledgeRestore: {
    about: 'The person has seen that the profile was put back from an older copy (`restoredAt`).',
    refusals: [],
  },
  updateProfile: {
    about: 'Changes the shown name, or what one says about oneself. Others learn it in accepted conversations.',
    refusals: ['disk-full'],
  },
  setAvatar: {
    about:
      'One’s picture: PNG, JPEG or WebP in base64, at most 64 KiB and 512 pixels a side, without words beside the pixels; null: none. Shown here at once. Others get it in accepted conversations, once it is at the relay.',
    refusals: ['not-a-picture', 'disk-full'],
  },
  getAvatar: { about: 'The picture of somebody, or one’s own, as it is here. Null: none.', refusals: [] },
  updateSettings: { about: 'Changes the settings that are named; answers all.', refusals: ['disk-full'] },
  findPerson: {
    about: 'Asks the relay who has a username. Finding oneself is finding one’s notes.',
    refusals: ['no-such-person', ...RELAY],
  },
  openConversation: {
    about: 'The conversation with a person found before; made if there is none. Tells nobody.',
    refusals: ['no-such-person'],
  },
  acceptRequest: {
    about: 'Opens an incoming request, and shows what was kept back.',
    refusals: ['no-such-conversation', 'already-so'],
  },
  refuseRequest: {
    about: 'Forgets an incoming request and its messages. The other side is not told.',
    refusals: ['no-such-conversation', 'already-so'],
  },
  blockPerson: { about: 'Drops what comes from an account from now on.', refusals: ['no-such-person', 'already-so'] },
  unblockPerson: { about: 'Hears an account again.', refusals: ['no-such-person', 'already-so'] },
  listPeople: { about: 'Everybody who was met, or was blocked. By name.', refusals: [] },
  setNickname: {
    about: 'What somebody is called on this device; null: what they call themselves. They do not learn of it.',
    refusals: ['no-such-person', 'disk-full'],
  },
  setNote: {
    about: 'What is noted about somebody, for oneself. At most 2000 characters.',
    refusals: ['no-such-person', 'disk-full'],
  },
  setMuted: {
    about: 'Until when nobody is told of what comes in there; null: no longer.',
    refusals: ['no-such-conversation', 'disk-full'],
  },
  setArchived: {
    about: 'Puts a conversation away, until something is said in it (unless it is muted), or takes it out.',
    refusals: ['no-such-conversation', 'disk-full'],
  },
  setPinned: {
    about: 'Puts a conversation at the top of the list, or back to where it belongs.',
    refusals: ['no-such-conversation', 'disk-full'],
  },
  getInvitation: {
    about:
      'One’s own invitation: relay, username, and a hint by which a relay that lies is found out. `code`: one of the relay’s, for people who have yet to register there.',
    refusals: ['relay-without-tls'],
  },
  readInvitation: {
    about: 'What an invitation says, and whether the relay shows the identity it vouches for. Remembers nothing.',
    refusals: ['not-an-invitation'],
  },
  acceptInvitation: {
    about: 'The conversation with whoever invites; made if there is none. Tells nobody.',
    refusals: [
      'not-an-invitation',
      'another-relay',
      'safety-number-mismatch',
      'no-such-person',
      'already-so',
      'disk-full',
      ...RELAY,
    ],
  },
  dismissLink: {
    about: 'Only where the system opens links with the app; here it is always refused.',
    refusals: ['not-available-here', 'already-so'],
  },
  sendMessage: {
    about:
      'Committed when it answers. It goes out now or when the relay is there again: once, and in order. What stands above counts as read. At most 8192 bytes of UTF-8. `readable`, in a group that allows it: not encrypted, so that the relay can read it; left out, so only where encryption is off.',
    refusals: [
      'no-such-conversation',
      'no-such-group',
      'too-long',
      'blocked',
      'not-permitted',
      'muted',
      'look-first',
      'group-halted',
      'disk-full',
    ],
  },
  retryMessage: {
    about: 'Tries to send a message again whose delivery is `failed`.',
    refusals: ['no-such-message', 'already-so'],
  },
  deleteMessage: {
    about: 'For oneself: on this device, and on one’s others. Others keep it.',
    refusals: ['no-such-message'],
  },
  editMessage: {
    about:
      'Another text for a message of one’s own, for everyone. It may be 24 hours old. Who has not got it yet sees the new text only, and that it was changed.',
    refusals: ['no-such-message', 'no-such-conversation', 'too-long', 'blocked', 'too-late', 'already-so', 'disk-full'],
  },
  recallMessages: {
    about:
      'Takes messages of one’s own back, for everyone, all or none. They may be 24 hours old. `deleted` stands in their place.',
    refusals: ['no-such-message', 'no-such-conversation', 'blocked', 'too-late', 'disk-full'],
  },
  listEdits: {
    about: 'What a message said before it was changed, oldest first, and what it says now. Empty if it never was.',
    refusals: ['no-such-message'],
  },
  listMessages: {
    about: 'A page of a conversation, newest last; with `before`, what stands before that message.',
    refusals: ['no-such-conversation', 'no-such-message'],
  },
  markRead: {
    about: 'Everything up to and including a message. Sends read receipts where they are on.',
    refusals: ['no-such-conversation', 'no-such-message'],
  },
  setTyping: {
    about: 'Refresh it every 3 s while the person types: it ends by itself after 5 s.',
    refusals: ['no-such-conversation'],
  },
  saveDraft: {
    about: 'What stands in the composer, kept over restarts. Empty: none.',
    refusals: ['no-such-conversation'],
  },
  getSafetyNumber: { about: '60 digits that both see alike if nobody stands between.', refusals: ['no-such-person'] },
  checkScannedSafetyNumber: {
    about: 'Compares what a scanner read (in base64) with the safety number. Marks nothing as verified.',
    refusals: ['no-such-person', 'unreadable-code', 'update-needed'],
  },
  setVerified: {
    about: 'Whether the person has compared the safety number: the one with these digits, where they are given.',
    refusals: ['no-such-person', 'safety-number-changed'],
  },
  acceptSafetyNumber: {
    about:
      'Goes on with a changed safety number (the one with these digits, where they are given); what waited goes out.',
    refusals: ['no-such-person', 'already-so', 'safety-number-changed'],
  },
  listDevices: { about: 'One’s own devices, by the list that the account has signed.', refusals: [] },
  renameDevice: {
    about: 'What a device is called, on all of one’s own. Nobody else learns of it.',
    refusals: ['no-such-device', 'disk-full'],
  },
  revokeDevice: {
    about:
      'Takes another device off the account, for good. When it answers, the relay lets it in no more; contacts are told at once.',
    refusals: ['no-such-device', 'not-permitted', 'device-list-refused', 'disk-full', ...RELAY],
  },
  replaceKeys: {
    about:
      'For a device that was stolen: takes it off the account and replaces the keys of the account. What is done and what is still open is in the answer, and later in `getKeyReplacement`.',
    refusals: ['no-such-device', 'not-permitted', 'device-list-refused', 'disk-full', ...RELAY],
  },
  getKeyReplacement: {
    about: 'How far the last replacement from this device has come; null if there was none.',
    refusals: [],
  },
  createGroup: {
    about:
      'Makes a group, with oneself as its owner, and invites `people`, who must have been found before; those whose keys the relay gives out only later are invited by and by. Its keys are made here; the relay never has them.',
    refusals: ['no-such-person', 'blocked', 'safety-number-changed', 'group-full', 'not-a-picture', ...RELAY],
  },
  getGroup: {
    about: 'Everything about a group: who is in it, what holds there, and what one may do oneself.',
    refusals: ['no-such-group'],
  },
  updateGroupDetails: {
    about:
      'Another title, description or picture, for everyone. `picture`: PNG, JPEG or WebP in base64, at most 12 KiB and 512 pixels a side, without words beside the pixels; null takes it away.',
    refusals: ['not-a-picture', ...IN_GROUP],
  },
  getGroupAvatar: { about: 'The picture of a group, as it is here. Null: none.', refusals: ['no-such-group'] },
  inviteToGroup: {
    about:
      'They accept or refuse; the invitation ends after three days. It is refused only if nobody was invited. Else: how many were, how many this device goes on to invite by itself as the relay gives out their keys, and how many the group refused in the middle of it.',
    refusals: ['no-such-person', 'blocked', 'safety-number-changed', ...IN_GROUP],
  },
  withdrawInvitation: {
    about: 'Before they have answered.',
    refusals: ['no-such-person', ...IN_GROUP],
  },
  answerInvitation: {
    about: 'Accepted, one is a member, and is given keys; refused, the group is forgotten here.',
    refusals: IN_GROUP,
  },
  setGroupLink: {
    about: 'Switches the link on, with a fresh secret, or off.',
    refusals: IN_GROUP,
  },
  getGroupLink: {
    about: 'For members. Whoever has it may ask to join; somebody has to approve.',
    refusals: ['no-such-group', 'not-connected'],
  },
  readGroupLink: {
    about: 'What a link leads to, as far as one may know. `bad-input` if it is none.',
    refusals: ['no-such-group', ...RELAY],
  },
  requestToJoin: {
    about: 'Asks to join, with a note for those who may approve.',
    refusals: ['no-such-group', 'already-so', 'not-permitted', 'group-full', ...RELAY],
  },
  decideRequest: {
    about: 'Approves with so much history, or rejects. Without a request: refused.',
    refusals: ['no-such-person', ...IN_GROUP],
  },
  leaveGroup: {
    about: 'The last owner hands over first, or deletes the group.',
    refusals: ['last-owner', ...IN_GROUP],
  },
  removeMembers: {
    about: 'They can be invited again. The next message is under keys they do not have.',
    refusals: ['no-such-person', ...IN_GROUP],
  },
  banMembers: {
    about:
      'Until then, or where `until` is left out for good, they neither stay nor come back. `bad-input` if `until` has passed.',
    refusals: IN_GROUP,
  },
  unbanMembers: {
    about: 'They may be invited, or ask, again.',
    refusals: ['no-such-person', ...IN_GROUP],
  },
  muteMembers: {
    about:
      'They read, and do not speak. `accounts` empty: everybody below one’s own role. `until` left out: until they are unmuted; `bad-input` if it has passed.',
    refusals: ['no-such-person', ...IN_GROUP],
  },
  unmuteMembers: {
    about: 'They speak again. `accounts` empty: as with `muteMembers`.',
    refusals: ['no-such-person', ...IN_GROUP],
  },
  setGroupRole: {
    about: "Up to one's own role. The last owner stays one.",
    refusals: ['no-such-person', 'last-owner', ...IN_GROUP],
  },
  transferOwnership: {
    about: 'One becomes an admin.',
    refusals: ['no-such-person', ...IN_GROUP],
  },
  setGroupPermissions: {
    about: 'The least role for each of these, at least one; the others stay as they are. By owners.',
    refusals: IN_GROUP,
  },
  setGroupPolicies: {
    about:
      'How much history newcomers may be given, and when keys change: after so many milliseconds, and so many messages. What is left out stays as it is.',
    refusals: IN_GROUP,
  },
  setGroupEncryption: {
    about: 'By owners, for everyone, and everyone is told. Nobody sends readable text before they have seen it.',
    refusals: IN_GROUP,
  },
  acceptReadable: {
    about: 'The person has seen that the relay can read along.',
    refusals: ['no-such-group'],
  },
  rotateKeys: {
    about: 'Whoever speaks next begins with new keys.',
    refusals: IN_GROUP,
  },
  deleteGroup: {
    about: 'For everyone, for good. By owners.',
    refusals: IN_GROUP,
  },
  getReaders: {
    about:
      'Which devices have what opens a message of a group, also of people who have gone since. Of what was said here: whom its key was told, and who has said that they have it. Of all else: whom the log allows it (`entitled`).',
    refusals: ['no-such-message'],
  },
  getReceipts: {
    about:
      'Who has read what one said in a group, and when, as far as they tell: each tells the author alone, where both have `readReceipts` on, in groups of at most 100 members. Beside it a message has `readBy`, and is `read` once all have read it.',
    refusals: ['no-such-message'],
  },
  getMissingKey: {
    about: 'Why a message of kind `key-missing` cannot be read yet.',
    refusals: ['no-such-message'],
  },
  askForKeys: {
    about: 'Asks those who have it once more.',
    refusals: ['no-such-message', ...RELAY],
  },
  getRelayView: { about: 'All that the relay holds about this account.', refusals: RELAY },
  dismissContradiction: {
    about: 'The person has seen that the relay contradicted itself about this account.',
    refusals: ['disk-full'],
  },
  reconnect: { about: 'Tries to connect now instead of at the next retry.', refusals: [] },
  installUpdate: {
    about: 'Restarts the app with the update that is `ready`. Only where there are windows; here it is always refused.',
    refusals: ['not-available-here', 'already-so', 'update-spoiled'],
  },
  openSecondProfile: {
    about: 'Only where there are windows; here it is always refused.',
    refusals: ['not-available-here'],
  },
}

/** In the order in which one meets them. */
const types = {
  AccountId,
  MessageId,
  ConversationId,
  Instant,
  Username,
  ProfileName,
  DisplayName,
  About,
  AvatarId,
  PersonNote,
  MessageText,
  Passphrase,
  RelayPlace,
  Snapshot,
  Host,
  Stage,
  AppLock,
  Backup,
  Update,
  OpenedLink,
  Connection,
  Contradiction,
  Linking,
  History,
  Profile,
  Settings,
  Conversation,
  PersonConversation,
  GroupConversation,
  GroupSummary,
  GroupStanding,
  GroupRole,
  GroupEncryption,
  Group,
  GroupMember,
  GroupPermission,
  GroupPolicies,
  HistoryPolicy,
  HistoryGrant,
  Muted,
  Person,
  Safety,
  OwnDevice,
  KeyReplacement,
  Message,
  MessageContent,
  MessageVersion,
  Delivery,
  Invitation,
  InvitationCode,
  InvitationStanding,
  ReadInvitation,
  RelayView,
  Held,
  ChangeSet,
  Change,
  Failure,
  FailureCode,
}

const meanings: Partial<Record<keyof typeof types, string>> = {
  AccountId: 'a UUIDv4 in lower case',
  MessageId: 'a UUIDv4 in lower case',
  ConversationId: '`person:` and the account (one’s own: notes to self), or `group:` and the group, in lower case',
  Instant: 'milliseconds since 1970-01-01 UTC',
  Username:
    '3–32 of a–z, 0–9, `.`, `_`, `-`, beginning with a letter, and behind each sign a letter or digit; upper case is folded, spaces around are left out',
  ProfileName: '1–32 of a–z, 0–9 and `-`, which neither begins nor ends it',
  DisplayName: '1–64 characters without control characters, and something to see; spaces around it are left out',
  Passphrase: '8–256 characters, folded to NFKC',
  About: 'at most 140 characters without control characters; spaces around it are left out',
  AvatarId: 'the SHA-256 of a picture, in hex',
  PersonNote: 'at most 2000 characters',
  InvitationCode: '1–256 of A–Z, a–z, 0–9, `.`, `_`, `~` and `-`',
  Stage:
    'welcome: there is no profile yet · closed: there is one, which could not be opened · locked: by its passphrase; `nextTryAt`: after wrong ones',
  Connection: 'refused: the relay said no, and trying again by itself would not help',
  Linking:
    'waiting: the new device shows its code · comparing: both show the same words, if nobody stands between; `decides`: `confirmLink` is for this one',
  PersonConversation: 'person: the other one, or oneself in notes · lastAt sorts the list, newest first',
  GroupConversation: 'state: an invitation is an incoming request, a request to join an outgoing one',
  GroupSummary:
    'marked: the next message begins with new keys · encryptionUnseen: nothing readable is sent before `acceptReadable`',
  GroupStanding: 'halted: its log does not hold together, and nothing is sent',
  GroupEncryption:
    'required: nothing readable is sent · optional: each message chooses · off: the relay can read along',
  HistoryPolicy: 'the most that newcomers may be given of what was said before; none: keys are not kept',
  Person: 'the username is `unknown-` and the beginning of the account where nobody has told it yet',
  Safety: 'changed: what is written waits until `acceptSafetyNumber` or `setVerified`',
  Message:
    'stands in its conversation by position, then by sequence · delivery: of one’s own; null for what others wrote and for notices',
  MessageContent:
    'deleted: taken back for everyone · gap: so many messages before this place never arrived · undecryptable, key-missing: heal in place · group-event: `value` is the new role or encryption, how many messages were taken back, or which of the details changed',
  Delivery:
    'waiting: not accepted by the relay yet · sent: accepted · delivered: has arrived · read: by all it was for · failed: `retryMessage` tries again',
  MessageText: 'well-formed text with something to see in it: more than spaces and invisible characters',
}

export function describeCalls(): string {
  const { text, definition } = createSchemaText(types)
  const sections = Object.entries(api).map(([name, { input, output }]) => {
    const { about, refusals } = calls[name as CallName]
    const signature = `params: ${text(input, 'input')}\nresult: ${text(output, 'output')}`
    const refused = refusals.length === 0 ? '' : `\n\nRefused with ${refusals.map((code) => `\`${code}\``).join(', ')}.`
    return `### ${name}\n\n${about}\n\n\`\`\`ts\n${signature}\n\`\`\`${refused}\n`
  })
  const definitions = (Object.keys(types) as (keyof typeof types)[]).map((name) => {
    const meaning = meanings[name]
    const type = `type ${name} = ${definition(name)}`.replace('= \n', '=\n')
    if (meaning === undefined) return type
    return type.includes('\n') ? `// ${meaning}\n${type}` : `${type} // ${meaning}`
  })
  return `## Calls\n\n${sections.join('\n')}\n## Types\n\n\`\`\`ts\n${definitions.join('\n')}\n\`\`\`\n`
}

export const BEGIN = '<!-- from here on written by scripts/describe-calls.ts -->\n'
export const DOCUMENT = join(import.meta.dirname, '../docs/json-rpc.md')

if (import.meta.main) {
  const [before] = readFileSync(DOCUMENT, 'utf8').split(BEGIN)
  writeFileSync(DOCUMENT, `${before}${BEGIN}\n${describeCalls()}`)
}
