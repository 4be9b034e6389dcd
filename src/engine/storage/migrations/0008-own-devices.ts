// The person's other devices, what all of them agree about, and messages that were changed after they were said.

export const ownDevices = `
-- When this device learned that it is one of the account no more [P95].
ALTER TABLE own_state ADD COLUMN removed_at INTEGER;
-- 1: put back from a copy, the signed list here may be an old one, and is not brought to the relay.
ALTER TABLE own_state ADD COLUMN list_doubtful INTEGER NOT NULL DEFAULT 0 CHECK (list_doubtful IN (0, 1));

-- When something of each of the person's other devices was last heard.
CREATE TABLE own_devices (
  device INTEGER PRIMARY KEY,
  heard_at INTEGER NOT NULL
) STRICT;

-- What the person's devices agree about, key by key: the newest by (at, device) counts.
CREATE TABLE own_records (
  key TEXT PRIMARY KEY,
  -- JSON
  value TEXT NOT NULL,
  at INTEGER NOT NULL,
  device INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Texts that a message had and has, its first among them, once it was changed.
CREATE TABLE edits (
  message TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  -- The id of the content that brought it; of the first, the message's own.
  edit TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (message, at, edit)
) STRICT, WITHOUT ROWID;
ALTER TABLE messages ADD COLUMN edited_at INTEGER;

-- What came before the message it is about, or before this device had it.
CREATE TABLE early (
  message TEXT NOT NULL,
  -- Whose word it is: only the author's changes a message, only the recipient's confirms it.
  account TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('edit', 'recall', 'delete', 'delivered', 'read')),
  -- The id of the content that brought it.
  word TEXT NOT NULL,
  text TEXT,
  at INTEGER NOT NULL,
  PRIMARY KEY (message, account, kind, word)
) STRICT, WITHOUT ROWID;

-- The last time the identity key was replaced from here [P97]: prepared, or done.
CREATE TABLE key_replacement (
  only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
  state TEXT NOT NULL CHECK (state IN ('prepared', 'done')),
  -- The device that it was for.
  revoked INTEGER,
  -- libsignal's serialised key pair; empty once it is the account's.
  identity BLOB NOT NULL,
  -- The very bytes of the ReplaceIdentity.
  frame BLOB NOT NULL,
  at INTEGER NOT NULL
) STRICT;

-- Whom it is told to, and under which submission.
CREATE TABLE key_replacement_told (
  account TEXT PRIMARY KEY,
  submission BLOB NOT NULL
) STRICT, WITHOUT ROWID;
`
