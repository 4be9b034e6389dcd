// The contract: every call that a window, a bot or a test may make, as schemas. Types, the IPC door, the window's client
// and JSON-RPC all come from this one value; adding a call is one edit here.

import { z } from 'zod'
import type { Answer } from './answer.ts'
import { AccountId, ConversationId, DeviceId, MessageId, ProfileName, Username } from './ids.ts'
import {
  type ChangeSet,
  Conversation,
  DisplayName,
  KeyReplacement,
  Message,
  MessageText,
  MessageVersion,
  OwnDevice,
  Person,
  Profile,
  RelayPlace,
  RelayView,
  Settings,
  Snapshot,
} from './model.ts'

const nothing = z.strictObject({})
const done = z.null()
/** A safety number. */
const Digits = z.string().regex(/^\d{60}$/)

function call<Input extends z.ZodType, Output extends z.ZodType>(input: Input, output: Output) {
  return { input, output }
}

/** Every input is a strict object: a name it does not know is refused, so that a typing mistake is not silence. */
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
  /** Tries again to open a profile that is `closed`. */
  openProfile: call(nothing, done),
  /** Opens a profile that is `closed` with its recovery code, and gives its key back to the keychain. */
  openWithRecoveryCode: call(z.strictObject({ code: z.string().max(256) }), done),
  /**
   * Eight groups of four letters that open the database when the keychain does not. The one secret that a call returns,
   * because a person has to write it down: made anew by this call, and gone from memory when it is confirmed.
   */
  revealRecoveryCode: call(nothing, z.object({ groups: z.array(z.string()).length(8) })),
  /** Two of the groups, to show that they were kept. */
  confirmRecoveryCode: call(z.strictObject({ third: z.string().max(32), seventh: z.string().max(32) }), done),
  /** Whether this is the code, without opening anything. */
  checkRecoveryCode: call(z.strictObject({ code: z.string().max(256) }), done),
  updateProfile: call(z.strictObject({ name: DisplayName }), Profile),
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

  /** Committed when it answers: it goes out now or when the relay is there again, once, in order. */
  sendMessage: call(z.strictObject({ conversation: ConversationId, text: MessageText }), Message),
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
  saveDraft: call(z.strictObject({ conversation: ConversationId, text: z.string().max(65536) }), done),

  /** 60 digits that both see alike if nobody stands between. */
  getSafetyNumber: call(z.strictObject({ account: AccountId }), z.object({ digits: Digits, person: Person })),
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
  replaceKeys: call(z.strictObject({ revoke: DeviceId.optional() }), KeyReplacement),
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
