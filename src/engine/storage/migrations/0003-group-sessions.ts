// Sender keys, and the vault: the sessions of groups that this device can read.

export const groupSessions = `
-- libsignal's SenderKeyRecord: of one's own session, with the signing key, which never leaves this device; or of somebody
-- else's in a group that keeps no history, where its chain stands.
CREATE TABLE sender_keys (
  session BLOB PRIMARY KEY CHECK (length(session) = 16),
  record BLOB NOT NULL CHECK (length(record) > 0)
) STRICT, WITHOUT ROWID;

-- A session that this device has learned, its own included. With its first distribution message every message of it can
-- be read again, in any order [P137]. NULL: the group keeps no history, and the chain only moves on.
CREATE TABLE group_sessions (
  session BLOB PRIMARY KEY CHECK (length(session) = 16),
  group_id TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  owner TEXT NOT NULL,
  owner_device INTEGER NOT NULL,
  distribution BLOB,
  announcement BLOB NOT NULL,
  -- Who gave it to us; the owner if it came by itself.
  shared_by TEXT NOT NULL,
  learned_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX group_sessions_by_epoch ON group_sessions (group_id, epoch, owner, owner_device);

-- Keys of titles, descriptions, avatars and links, by their SHA-256.
CREATE TABLE details_keys (
  group_id TEXT NOT NULL,
  id BLOB NOT NULL CHECK (length(id) = 32),
  key BLOB NOT NULL CHECK (length(key) = 32),
  learned_at INTEGER NOT NULL,
  PRIMARY KEY (group_id, id)
) STRICT, WITHOUT ROWID;
`
