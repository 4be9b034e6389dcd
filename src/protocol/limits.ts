// The numbers both sides keep to. docs/protocol.md tells why they are what they are.

export const PROTOCOL_VERSION = 1
export const OLDEST_PROTOCOL_VERSION = 1

/** Bytes of one WebSocket message, either way; the socket refuses a larger one before it is buffered. */
export const MAX_FRAME_BYTES = 96 * 1024
/** Bytes of one ciphertext. Ten of them, with their wrapping, do not exceed a frame for texts of MAX_TEXT_BYTES. */
export const MAX_ENVELOPE_BYTES = 90 * 1024

export const MAX_DEVICES = 10
/** One-time prekeys of each kind that the relay holds for a device. */
export const MAX_ONE_TIME_PREKEYS = 100
/** `keys-depleted` is pushed when so many or fewer are left of a kind, and at zero. */
export const LOW_WATER_PREKEYS = 10
/** How long one-time prekeys of a kind fit one frame: a signed Kyber-1024 prekey takes some 1,650 bytes. */
export const PREKEYS_A_FRAME = 40

/** Milliseconds that the signed time of a device may differ from the relay's. */
export const MAX_CLOCK_SKEW = 5 * 60_000
/** Signed and last-resort prekeys are renewed after this long, and their private halves kept this long. */
export const PREKEY_RENEWAL = 48 * 3_600_000
export const PREKEY_RETENTION = 90 * 86_400_000

/** Plaintexts are padded up to a multiple of this, in bytes. */
export const PADDING_STEP = 160
/** What a relay keeps of what nobody fetched, in milliseconds. */
export const MAILBOX_RETENTION = 30 * 86_400_000

/** [P160] How far ahead a submission may be scheduled, in milliseconds. */
export const SCHEDULE_AHEAD = 30 * 86_400_000

/** Messages of one group session: reading the last one without the others costs some milliseconds for thousands. */
export const MAX_SESSION_MESSAGES = 5_000

/** [P163] Addresses that a goodbye names. */
export const MAX_ALTERNATIVES = 8

export const ACCOUNT_BYTES = 16
export const NONCE_BYTES = 32
export const IDENTITY_KEY_BYTES = 33
export const SIGNATURE_BYTES = 64

/** Accounts that one entry of a group's log is about. */
export const MAX_ACCOUNTS_AN_ENTRY = 100
/**
 * [P147] Members of a group in which reading is told: each reader tells each author, one envelope for each of their devices,
 * so that what a day's talk costs grows with members times readers. At a hundred it is as much as the talk itself.
 */
export const MAX_MEMBERS_TOLD_OF_READING = 100
export const MAX_GROUP_BANS = 10_000
/** Messages of others that one entry takes back. */
export const MAX_RECALLS_AN_ENTRY = 100
/** Bytes of one SignedEntry. */
export const MAX_ENTRY_BYTES = 32 * 1024
/** Bytes of a sealed GroupDetails (its picture takes the most: model.ts), of a sealed note to whoever approves, and of a link's sealed secret. */
export const MAX_DETAILS_BYTES = 16 * 1024
export const MAX_NOTE_BYTES = 4 * 1024
export const MAX_LINK_BYTES = 512
/** Bytes of a member's sealed name. */
export const MAX_PROFILE_BYTES = 1024
/** Bytes of a device list in a group's log: ten devices take some three hundred. */
export const MAX_DEVICE_LIST_BYTES = 2048
/** An invitation to a group lasts this long unless it says otherwise, in milliseconds. */
export const INVITATION_LASTS = 3 * 86_400_000
/** An epoch of a group is over after so many milliseconds or messages, unless the group's policy says otherwise. */
export const EPOCH_LASTS = 7 * 86_400_000
export const EPOCH_MESSAGES = 100
/** What a policy may say instead. */
export const EPOCH_LASTS_LEAST = 3_600_000
export const EPOCH_LASTS_MOST = 366 * 86_400_000
export const EPOCH_MESSAGES_MOST = 1000
/** Of a history policy. */
export const MAX_HISTORY_DAYS = 3660

export const BLOB_ID_BYTES = 32
export const DIGEST_BYTES = 32
/** [P154] How long a blob is kept once it is whole, in milliseconds. */
export const BLOB_RETENTION = 30 * 86_400_000
/** [P151] How long an upload may take from its announcement on, with all its interruptions. */
export const UPLOAD_WITHIN = 86_400_000

/** [P102] How long a rendezvous is open, in milliseconds; how many messages go each way, and the bytes of one. */
export const RENDEZVOUS_LIFETIME = 10 * 60_000
export const RENDEZVOUS_MESSAGES = 8
export const MAX_RENDEZVOUS_BYTES = 16 * 1024
