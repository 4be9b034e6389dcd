// Where crash tests end the process: every pair of steps that a crash may part [P80][P81].

export const CRASH_POINTS = [
  // The generation is in the database, not yet in the keychain [P83].
  'generation.counted',
  // Prekeys are marked as gone, and have not left; the relay has them, and we have not noted it [P30].
  'prekeys.ready',
  'prekeys.uploaded',
  // The relay has handed out somebody's keys, and no session is begun yet; it is begun.
  'keys.fetched',
  'keys.committed',
  // Encrypted, nothing written; written, not committed; committed, not submitted; accepted, not noted; noted.
  'outbox.sealed',
  'outbox.written',
  'outbox.committed',
  'outbox.answered',
  'outbox.settled',
  // Opened, nothing written; written, not committed; committed, not acknowledged; acknowledged.
  'inbox.opened',
  'inbox.written',
  'inbox.committed',
  'inbox.acknowledged',
  // A group: a message is sealed, not committed; committed, not published; published, not noted. Keys are sealed for
  // others and committed, not submitted. A change was appended, and is not read yet.
  'group.sealed',
  'group.committed',
  'group.published',
  'group.keys-committed',
  'group.appended',
  // Keys of a group: asked for on the stream; the lease on them is there, and not read; they came, and nobody is told.
  'group.solicited',
  'group.leased',
  'group.keys-noted',
  // A link: the account is handed over; it is committed on the new device, and nothing is said of it.
  'link.handed-over',
  'link.adopted',
  // A device is taken off the list: the relay has the list; it is committed here, and nobody is told.
  'device.removed',
  'device.forgotten',
  // Another identity key: committed, not sent; taken by the relay; the account is under it, and not at work.
  'identity.prepared',
  'identity.replaced',
  'identity.renewed',
  // A blob: announced, not sent; whole at the relay, and nobody is told of it; fetched, and not used.
  'blob.announced',
  'blob.uploaded',
  'blob.fetched',
  // History for another device: a part is committed, not told; a segment of one is applied, the part not noted. A chat out
  // of a file is committed, and nothing is said of it.
  'history.promised',
  'history.applied',
  'history.imported',
] as const

export type CrashPoint = (typeof CRASH_POINTS)[number]
