// How much of anything there may be: for the schemas, and for the window, which does without them.

/** The most a message may hold, in bytes of UTF-8. One ciphertext for each of ten devices still fits a frame. */
export const MAX_TEXT_BYTES = 8192
/** The most a shown name may hold, in characters. */
export const MAX_NAME_LENGTH = 64
/** The least and the most a passphrase may hold, in characters. */
export const MIN_PASSPHRASE_LENGTH = 8
export const MAX_PASSPHRASE_LENGTH = 256
/** The most that somebody says about themselves, in characters. */
export const MAX_ABOUT_LENGTH = 140
/** The most that is noted about somebody, in characters. */
export const MAX_NOTE_LENGTH = 2000
/** The most that somebody says when they ask to join a group, in characters. */
export const MAX_JOIN_NOTE_LENGTH = 500
/** Of the address of a relay, in characters. */
export const MAX_ADDRESS_LENGTH = 512

/** The most that a picture of somebody may hold, in bytes, and how wide and high it may be. */
export const MAX_AVATAR_BYTES = 64 * 1024
export const MAX_AVATAR_SIDE = 512
/** Of a group's, which stands in its log with title and description. */
export const MAX_GROUP_AVATAR_BYTES = 12 * 1024

/** Members of a group; as many may be invited, and as many wait for approval. */
export const MAX_GROUP_MEMBERS = 1000
