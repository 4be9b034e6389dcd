// What a window shows: plain rows, whole each time, that come by snapshot and by Change.

import { z } from 'zod'
import { Failure } from './failure.ts'
import { AccountId, ConversationId, DeviceId, GroupId, Instant, MessageId, ProfileName, Username } from './ids.ts'
import {
  MAX_ABOUT_LENGTH,
  MAX_ADDRESS_LENGTH,
  MAX_JOIN_NOTE_LENGTH,
  MAX_NAME_LENGTH,
  MAX_NOTE_LENGTH,
  MAX_PASSPHRASE_LENGTH,
  MIN_PASSPHRASE_LENGTH,
} from './limits.ts'
import { isOnOneLine, isText, showsSomething } from './typed.ts'

export const DisplayName = z
  .string()
  .trim()
  .min(1)
  .max(MAX_NAME_LENGTH)
  .refine(isOnOneLine, 'control characters are not part of a name')
  .refine(isText, 'lone surrogates are not text')
  .refine(showsSomething, 'a name is to be seen')

/** What a person calls one of their devices. */
export const DeviceName = DisplayName.brand<'DeviceName'>()
export type DeviceName = z.infer<typeof DeviceName>

export const MessageText = z
  .string()
  .min(1)
  .refine(isText, 'lone surrogates are not text')
  .refine(showsSomething, 'there is nothing to read in it')

/**
 * What locks the app. 8 to 256 characters; folded to NFKC, so that every keyboard writes the same bytes.
 * https://pages.nist.gov/800-63-4/sp800-63b.html#passwordver
 */
export const Passphrase = z
  .string()
  .normalize('NFKC')
  .min(MIN_PASSPHRASE_LENGTH)
  .max(MAX_PASSPHRASE_LENGTH)
  .refine(isText, 'lone surrogates are not text')

/** Names a picture of somebody or of a group: another one has another name. Its bytes are in `getAvatar`, `getGroupAvatar`. */
export const AvatarId = z.string().regex(/^[0-9a-f]{64}$/)

/** A line about oneself. Empty: nothing is said. */
export const About = z
  .string()
  .trim()
  .max(MAX_ABOUT_LENGTH)
  .refine(isOnOneLine, 'control characters are not part of a line')
  .refine(isText, 'lone surrogates are not text')

export const PersonNote = z.string().max(MAX_NOTE_LENGTH).refine(isText, 'lone surrogates are not text')

/**
 * Where the relay of a profile is. `this-computer`: the bundled one, wherever it listens today. Strict, as all that a call is
 * given: what is read from elsewhere is a StoredRelayPlace.
 */
export const RelayPlace = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('this-computer') }),
  z.strictObject({ kind: z.literal('address'), url: z.url({ protocol: /^wss?$/ }).max(MAX_ADDRESS_LENGTH) }),
])
export type RelayPlace = z.infer<typeof RelayPlace>

const [thisComputer, atAddress] = RelayPlace.options
/** As this version or a later one wrote it, on this device or another: what this one does not know is passed over. */
export const StoredRelayPlace = z.discriminatedUnion('kind', [thisComputer.strip(), atAddress.strip()])

export const Profile = z.object({
  account: AccountId,
  device: DeviceId,
  username: Username,
  name: DisplayName,
  about: z.string(),
  avatar: AvatarId.nullable(),
  relay: RelayPlace,
})
export type Profile = z.infer<typeof Profile>

/**
 * How far the profile is open. `welcome`: there is none yet. `closed`: there is one, and it stays as it is until the
 * cause is gone; nothing was written. `locked`: by its passphrase; the engine is closed, and nothing is received.
 */
export const Stage = z.discriminatedUnion('stage', [
  z.object({ stage: z.literal('welcome') }),
  z.object({ stage: z.literal('opening') }),
  z.object({ stage: z.literal('closed'), failure: Failure }),
  /** `nextTryAt`: after wrong passphrases, when the next may be tried; null if at once. */
  z.object({ stage: z.literal('locked'), nextTryAt: Instant.nullable() }),
  z.object({ stage: z.literal('open') }),
])
export type Stage = z.infer<typeof Stage>

/** The wire to the relay. `refused`: the relay said no, and trying again by itself would not help. */
export const Connection = z.discriminatedUnion('state', [
  z.object({ state: z.literal('idle') }),
  z.object({ state: z.literal('connecting') }),
  z.object({ state: z.literal('catching-up'), since: Instant }),
  z.object({ state: z.literal('online'), since: Instant }),
  z.object({ state: z.literal('offline'), since: Instant, retryAt: Instant }),
  z.object({ state: z.literal('refused'), failure: Failure }),
])
export type Connection = z.infer<typeof Connection>

/** `changed`: the identity key is another than the one we knew; until the person has looked, nothing is sent. */
export const Safety = z.discriminatedUnion('state', [
  z.object({ state: z.literal('unverified') }),
  z.object({ state: z.literal('verified'), at: Instant }),
  z.object({ state: z.literal('changed'), at: Instant, wasVerified: z.boolean() }),
])
export type Safety = z.infer<typeof Safety>

export const Person = z.object({
  account: AccountId,
  username: Username,
  /** What they are called here: the nickname, if they have one, else `profileName`. */
  name: z.string(),
  /** What they call themselves; the username until they have said. */
  profileName: z.string(),
  nickname: z.string().nullable(),
  /** What they say about themselves, once both have accepted. */
  about: z.string(),
  /** Null: none, or not here yet. */
  avatar: AvatarId.nullable(),
  /** What the person has noted about them, for themselves. */
  note: z.string(),
  safety: Safety,
  blocked: z.boolean(),
})
export type Person = z.infer<typeof Person>

/** Of one's own message. `failed`: it will not go out by itself; `retryMessage` tries again. */
export const Delivery = z.discriminatedUnion('state', [
  z.object({ state: z.literal('waiting') }),
  z.object({ state: z.literal('sent'), at: Instant }),
  z.object({ state: z.literal('delivered'), at: Instant }),
  z.object({ state: z.literal('read'), at: Instant }),
  z.object({ state: z.literal('failed'), failure: Failure }),
])
export type Delivery = z.infer<typeof Delivery>

/** What happened to a group, by its log. `accounts`: to whom. */
export const GroupEvent = z.object({
  event: z.enum([
    'created',
    'invited',
    'invitation-withdrawn',
    'invitation-refused',
    'asked-to-join',
    'rejected',
    'joined',
    'left',
    'removed',
    'banned',
    'unbanned',
    'muted',
    'unmuted',
    'role',
    'ownership',
    'permissions',
    'details',
    'link',
    'policies',
    'encryption',
    'keys-asked-for',
    'new-keys',
    'new-safety-number',
    'recalled',
    'deleted',
    'halted',
  ]),
  actor: AccountId,
  actorName: z.string(),
  accounts: z.array(z.object({ account: AccountId, name: z.string() })),
  /** The new role, the encryption that holds now, how many messages were taken back (`accounts`: whose, as far as they are here), or which part of the details changed, if one did: `title`, `description`, `picture`, `picture-removed`. */
  value: z.string().nullable(),
  /** Of `new-keys`. */
  epoch: z.int().nullable(),
  /** Until when, of a ban or a mute; null: for good. */
  until: Instant.nullable(),
})
export type GroupEvent = z.infer<typeof GroupEvent>

/**
 * text: what somebody wrote · deleted: its author took it back, for everyone · key-missing: in a group, its key has not come yet; it heals in place · group-event: something
 * that happened to the group · gap: so many messages of the author before this place never arrived (it shrinks if they
 * still do) · undecryptable: something arrived that this device could not open; it heals in place when it is sent again ·
 * new-safety-number, restored: what the person should know about keys, said without the word · unlisted-device: something
 * came, or was to go, in their name, of a device that they have not vouched for; nothing of it is shown ·
 * keys-replaced: they have replaced their keys, says the key that they had before.
 */
export const MessageContent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('text'), text: z.string() }),
  z.object({ kind: z.literal('deleted') }),
  z.object({ kind: z.literal('gap'), missing: z.int().min(1) }),
  z.object({ kind: z.literal('undecryptable'), askedAt: Instant.nullable() }),
  z.object({ kind: z.literal('key-missing'), epoch: z.int().min(1) }),
  z.object({ kind: z.literal('group-event'), ...GroupEvent.shape }),
  z.object({ kind: z.literal('new-safety-number') }),
  z.object({ kind: z.literal('restored') }),
  z.object({ kind: z.literal('unlisted-device') }),
  z.object({ kind: z.literal('keys-replaced') }),
])
export type MessageContent = z.infer<typeof MessageContent>

export const Message = z.object({
  id: MessageId,
  conversation: ConversationId,
  author: AccountId,
  /** In a group, what they call themselves; null elsewhere. */
  authorName: z.string().nullable(),
  /** In a group that allows it: not encrypted, so that the relay could read it. */
  readable: z.boolean(),
  own: z.boolean(),
  /**
   * Order in the conversation: ascending by position, then by sequence. Imported: below 1, as may be what somebody is given
   * who comes back into a group, of what was said before. The position changes only for what one says in a group, until the
   * relay has it: new keys that it goes out under stand before it.
   */
  position: z.int(),
  sequence: z.int().min(0),
  /** When its author sent it, by the author's clock, never later than when it arrived. */
  sentAt: Instant,
  content: MessageContent,
  /** Null for what others wrote and for notices. */
  delivery: Delivery.nullable(),
  /** When its author last changed it; `listEdits` has what it said before. */
  editedAt: Instant.nullable(),
  /** Read from an exported file: nothing vouches for who wrote it, or what. */
  imported: z.boolean(),
  /**
   * Of one's own in a group: how many of the members it was said to have read it, as far as they tell. Once all have, it is
   * `read`. Null: nobody has told, or it is none.
   */
  readBy: z.object({ count: z.int().min(0), of: z.int().min(0) }).nullable(),
})
export type Message = z.infer<typeof Message>

/** What a message said, from then on. */
export const MessageVersion = z.object({ at: Instant, text: z.string() })
export type MessageVersion = z.infer<typeof MessageVersion>

/** open: both talk · incoming-request: theirs, for the person to accept · outgoing-request: ours, not answered yet. */
export const ConversationState = z.enum(['open', 'incoming-request', 'outgoing-request'])
export type ConversationState = z.infer<typeof ConversationState>

/** Until when somebody is not told of what comes in. */
export const Muted = z.union([Instant, z.literal('for-good')])
export type Muted = z.infer<typeof Muted>

export const GroupRole = z.enum(['member', 'admin', 'owner'])
export type GroupRole = z.infer<typeof GroupRole>

/** required: nobody sends readable text · optional: each message chooses · off: the relay can read along. */
export const GroupEncryption = z.enum(['required', 'optional', 'off'])
export type GroupEncryption = z.infer<typeof GroupEncryption>

/** Where one stands. halted: its log does not hold together, and nothing is sent. */
export const GroupStanding = z.enum(['member', 'invited', 'asked', 'left', 'removed', 'banned', 'deleted', 'halted'])
export type GroupStanding = z.infer<typeof GroupStanding>

/** What the list and the header show of a group. The rest is in `getGroup`. */
export const GroupSummary = z.object({
  id: GroupId,
  /** Empty as long as it could not be read. */
  title: z.string(),
  /** Null: none, or not to be read yet. */
  avatar: AvatarId.nullable(),
  members: z.int().min(0),
  standing: GroupStanding,
  /** Null: not a member. */
  role: GroupRole.nullable(),
  encryption: GroupEncryption,
  /** Switched to optional or off, and the person has not looked: nothing readable is sent. */
  encryptionUnseen: z.boolean(),
  epoch: z.int().min(1),
  /** Somebody may have left who still has the keys: the next message begins with new ones. */
  marked: z.boolean(),
  /** Whether one may send now, by role and mutes. */
  maySend: z.boolean(),
  /** Whether one may take back what others said: */
  mayRecall: z.boolean(),
  /** but not what these said, whose rank is one's own or a higher one. Empty where one may not at all. */
  mayNotRecallOf: z.array(AccountId),
  /** Who has asked to join, for those who may approve. */
  requests: z.int().min(0),
})
export type GroupSummary = z.infer<typeof GroupSummary>

const conversation = {
  id: ConversationId,
  state: ConversationState,
  unread: z.int().min(0),
  /** Where the unread divider stands: the first unread message, if any. */
  firstUnread: MessageId.nullable(),
  draft: z.string(),
  last: z
    .object({
      id: MessageId,
      own: z.boolean(),
      /** In a group, what its author calls themselves; null elsewhere. */
      authorName: z.string().nullable(),
      at: Instant,
      content: MessageContent,
      delivery: Delivery.nullable(),
    })
    .nullable(),
  /** Sorts the list, newest first. */
  lastAt: Instant,
  typing: z.boolean(),
  /** Null: not muted. A time that has passed is as good as null. */
  muted: Muted.nullable(),
  archived: z.boolean(),
  pinned: z.boolean(),
}

/** `person`: the other one; oneself in notes. */
export const PersonConversation = z.object({
  kind: z.enum(['person', 'notes']),
  person: Person,
  group: z.null(),
  ...conversation,
})
export type PersonConversation = z.infer<typeof PersonConversation>

/** `state`: an invitation is an incoming request, a request to join an outgoing one. */
export const GroupConversation = z.object({
  kind: z.literal('group'),
  person: z.null(),
  group: GroupSummary,
  ...conversation,
})
export type GroupConversation = z.infer<typeof GroupConversation>

export const Conversation = z.discriminatedUnion('kind', [PersonConversation, GroupConversation])
export type Conversation = z.infer<typeof Conversation>

export const GroupPermission = z.enum([
  'send',
  'invite',
  'approve',
  'remove',
  'ban',
  'mute',
  'recall',
  'details',
  'set-role',
  'policies',
])
export type GroupPermission = z.infer<typeof GroupPermission>

/** How much of what was said before somebody joined they may be given at most. none: session keys are not kept. */
export const HistoryPolicy = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('days'), days: z.int().min(1).max(3660) }),
  z.strictObject({ kind: z.literal('all') }),
])
export type HistoryPolicy = z.infer<typeof HistoryPolicy>

/** How much of it this person is given. */
export const HistoryGrant = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('since'), since: Instant }),
  z.strictObject({ kind: z.literal('all') }),
])
export type HistoryGrant = z.infer<typeof HistoryGrant>

export const GroupPolicies = z.strictObject({
  history: HistoryPolicy,
  /** Milliseconds after which the next message begins with new keys: an hour to a year. */
  rotationTime: z
    .int()
    .min(3_600_000)
    .max(366 * 86_400_000),
  /** And so many messages. */
  rotationMessages: z.int().min(1).max(1000),
})
export type GroupPolicies = z.infer<typeof GroupPolicies>

export const GroupTitle = DisplayName
export const GroupDescription = z.string().max(1024).refine(isText, 'lone surrogates are not text')

/** For whoever approves. */
export const GroupJoinNote = z.string().max(MAX_JOIN_NOTE_LENGTH).refine(isText, 'lone surrogates are not text')

export const GroupMember = z.object({
  person: Person,
  you: z.boolean(),
  role: GroupRole,
  joinedAt: Instant,
  /** Null: may speak, as far as the role goes. */
  muted: z.object({ until: Instant.nullable() }).nullable(),
  /** What one may do with them, by one's own role and theirs. `mute`: and unmute. Of oneself: nothing. */
  may: z.array(z.enum(['mute', 'remove', 'ban', 'transfer-ownership'])),
  /** The roles that one may give them instead of theirs. */
  mayBecome: z.array(GroupRole),
})
export type GroupMember = z.infer<typeof GroupMember>

/** Everything about a group. */
export const Group = z.object({
  conversation: ConversationId,
  summary: GroupSummary,
  description: z.string(),
  createdAt: Instant,
  members: z.array(GroupMember),
  invited: z.array(z.object({ person: Person, role: GroupRole, expiresAt: Instant })),
  /** Whom this device is still to invite, as the relay gives out their keys. */
  toInvite: z.int().min(0),
  /** For those who may approve. */
  requests: z.array(z.object({ person: Person, note: z.string(), at: Instant })),
  bans: z.array(z.object({ person: Person, until: Instant.nullable() })),
  permissions: z.record(GroupPermission, GroupRole),
  policies: GroupPolicies,
  /** Whether there is a link to join by. */
  link: z.boolean(),
  epochOpenedAt: Instant,
  /** What one may do oneself. */
  may: z.array(GroupPermission),
  /** With all who are below one, at once. */
  mayAll: z.array(z.enum(['mute', 'unmute'])),
  /** Why nothing is sent; null: all is well. */
  halted: z.string().nullable(),
})
export type Group = z.infer<typeof Group>

export const Settings = z.object({
  theme: z.enum(['system', 'light', 'dark']),
  /** Whether others learn that their messages were read (and whether we learn it of ours). */
  readReceipts: z.boolean(),
  typingIndicators: z.boolean(),
})
export type Settings = z.infer<typeof Settings>

/** One of the person's own devices. */
export const OwnDevice = z.object({
  device: DeviceId,
  /** Null: nobody has named it. */
  name: z.string().nullable(),
  /** The one that answers. */
  here: z.boolean(),
  addedAt: Instant,
  /** When this device last heard something of it; null: never, or it is this one. */
  heardAt: Instant.nullable(),
})
export type OwnDevice = z.infer<typeof OwnDevice>
/**
 * Linking a new device to an account, on either of the two. waiting: the new one shows its code · meeting: the two have found
 * each other · comparing: both show the same words, if nobody stands between; `decides`: here the person says whether they
 * are · handing-over: the account is on its way.
 */
export const Linking = z.discriminatedUnion('state', [
  z.object({ state: z.literal('none') }),
  /** `link`: the code and what goes with it, for a square code or the clipboard. */
  z.object({ state: z.literal('waiting'), code: z.string(), link: z.string(), expiresAt: Instant }),
  z.object({ state: z.literal('meeting') }),
  z.object({
    state: z.literal('comparing'),
    words: z.array(z.string()).length(4),
    decides: z.boolean(),
    /** Of the new device. */
    deviceName: DeviceName,
  }),
  z.object({ state: z.literal('handing-over') }),
  z.object({ state: z.literal('done') }),
  z.object({ state: z.literal('failed'), failure: Failure }),
])
export type Linking = z.infer<typeof Linking>

/**
 * What was said before a device was added, on its way to it. Null: none is. waiting: for the other device to begin ·
 * stopped: by the person, on either device · failed: for a reason that stays. Counted in messages.
 */
export const History = z.object({
  arriving: z
    .object({
      state: z.enum(['waiting', 'arriving', 'stopped', 'failed']),
      done: z.int().min(0),
      /** Null: not known yet. */
      total: z.int().min(0).nullable(),
      failure: Failure.nullable(),
    })
    .nullable(),
  leaving: z
    .object({
      device: DeviceId,
      state: z.enum(['leaving', 'stopped']),
      done: z.int().min(0),
      total: z.int().min(0).nullable(),
    })
    .nullable(),
})
export type History = z.infer<typeof History>

/** How far a replacement of the keys has come: steps that are done, and those that still wait for somebody. */
const ReplacementStep = z.object({
  what: z.enum(['device-removed', 'new-keys', 'own-devices', 'contacts', 'groups']),
  /** How many devices, people or groups. */
  count: z.int().min(1),
})
export const KeyReplacement = z.object({ done: z.array(ReplacementStep), open: z.array(ReplacementStep) })
export type KeyReplacement = z.infer<typeof KeyReplacement>

/** What this host is, for banners and menus. */
export const Host = z.object({
  /** electron: a real release shell · stand-in: the development host · command-line: no window. */
  shell: z.enum(['electron', 'stand-in', 'command-line']),
  version: z.string(),
  profile: ProfileName,
  platform: z.string(),
})
export type Host = z.infer<typeof Host>

/** Whether the person has shown that they kept the recovery code of this profile. */
export const Recovery = z.enum(['unconfirmed', 'confirmed'])
export type Recovery = z.infer<typeof Recovery>

/** The lock of the app: whether a passphrase opens it, and after how many idle minutes it locks by itself (null: never). */
export const AppLock = z.object({ passphrase: z.boolean(), idleMinutes: z.int().min(1).max(1440).nullable() })
export type AppLock = z.infer<typeof AppLock>

/**
 * Backups of this profile: where the last one is (as the person knows the folder), when it was made, and what is being
 * done now, in hundredths.
 */
export const Backup = z.object({
  place: z.string().nullable(),
  lastAt: Instant.nullable(),
  work: z.object({ kind: z.enum(['writing', 'checking', 'restoring']), percent: z.int().min(0).max(100) }).nullable(),
})
export type Backup = z.infer<typeof Backup>

/** A newer version of the app. `ready`: downloaded and checked; `installUpdate` restarts the app with it. */
export const Update = z.discriminatedUnion('state', [
  z.object({ state: z.literal('none') }),
  z.object({ state: z.literal('ready'), version: z.string() }),
])
export type Update = z.infer<typeof Update>

/**
 * The relay has shown something else for our own account than what it is: `identity`, another identity key or account
 * under our name; `devices`, a device list that we did not sign. It stays until the person has looked.
 */
export const Contradiction = z.object({ what: z.enum(['identity', 'devices']), at: Instant })
export type Contradiction = z.infer<typeof Contradiction>

/** A sotto: link that the system handed to the app. It does nothing by itself: it waits here for the person. */
export const OpenedLink = z.discriminatedUnion('state', [
  z.object({ state: z.literal('none') }),
  z.object({ state: z.literal('invitation'), link: z.string().max(1024) }),
  z.object({ state: z.literal('unreadable') }),
])
export type OpenedLink = z.infer<typeof OpenedLink>

/** Everything a window needs to begin, but for messages, which it asks for page by page. */
export const Snapshot = z.object({
  revision: z.int().min(0),
  host: Host,
  stage: Stage,
  recovery: Recovery,
  lock: AppLock,
  backup: Backup,
  /** When this profile noticed that it was put back from an older copy; null once the person has seen it. */
  restoredAt: Instant.nullable(),
  update: Update,
  openedLink: OpenedLink,
  profile: Profile.nullable(),
  connection: Connection,
  linking: Linking,
  history: History,
  settings: Settings,
  devices: z.array(OwnDevice),
  contradiction: Contradiction.nullable(),
  conversations: z.array(Conversation),
})
export type Snapshot = z.infer<typeof Snapshot>

/** One thing that is different now: whole rows, applied by id. */
export const Change = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('stage'), stage: Stage }),
  z.object({ kind: z.literal('recovery'), recovery: Recovery }),
  z.object({ kind: z.literal('lock'), lock: AppLock }),
  z.object({ kind: z.literal('backup'), backup: Backup }),
  z.object({ kind: z.literal('restored'), at: Instant.nullable() }),
  z.object({ kind: z.literal('update'), update: Update }),
  z.object({ kind: z.literal('opened-link'), openedLink: OpenedLink }),
  z.object({ kind: z.literal('profile'), profile: Profile }),
  z.object({ kind: z.literal('connection'), connection: Connection }),
  z.object({ kind: z.literal('linking'), linking: Linking }),
  z.object({ kind: z.literal('history'), history: History }),
  /** Before what is known of this conversation, there are messages now that were not there when it was asked for. */
  z.object({ kind: z.literal('earlier-messages'), conversation: ConversationId }),
  z.object({ kind: z.literal('settings'), settings: Settings }),
  z.object({ kind: z.literal('devices'), devices: z.array(OwnDevice) }),
  z.object({ kind: z.literal('contradiction'), contradiction: Contradiction.nullable() }),
  z.object({ kind: z.literal('conversation'), conversation: Conversation }),
  z.object({ kind: z.literal('conversation-gone'), conversation: ConversationId }),
  z.object({ kind: z.literal('message'), message: Message }),
  z.object({ kind: z.literal('message-gone'), conversation: ConversationId, message: MessageId }),
])
export type Change = z.infer<typeof Change>

/**
 * What one commit changed. Revisions count up by one; who misses one asks for a snapshot, which also says from which
 * revision on changes apply.
 */
export const ChangeSet = z.object({ revision: z.int().min(1), changes: z.array(Change) })
export type ChangeSet = z.infer<typeof ChangeSet>

/** One thing the relay holds. `at`: of what is scheduled when it is due, of a blob until when it is kept. `bytes`: the first of them, in hex without gaps, as they lie there. */
export const Held = z.object({
  what: z.enum([
    'envelope-to-me',
    'envelope-from-me',
    'scheduled-from-me',
    'blob',
    'unfinished-blob',
    'further-blobs',
    'one-time-prekeys',
    'signed-prekey',
    'last-resort-prekey',
    'identity-key',
    'device-list',
    'username',
    'last-seen',
  ]),
  /** The other one, where there is one: a name known on this device, not to the relay. */
  with: z.string().nullable(),
  count: z.int().min(0).nullable(),
  size: z.int().min(0).nullable(),
  at: Instant.nullable(),
  bytes: z.string(),
})
export type Held = z.infer<typeof Held>

export const RelayView = z.object({ relay: z.string(), address: z.string(), at: Instant, held: z.array(Held) })
export type RelayView = z.infer<typeof RelayView>
