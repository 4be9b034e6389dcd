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
] as const

export type CrashPoint = (typeof CRASH_POINTS)[number]
