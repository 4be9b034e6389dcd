// Groups: where each stands, what of its stream cannot be read yet, what is to be published, and who is owed which keys.

export const groups = `
CREATE TABLE groups (
  group_id TEXT PRIMARY KEY,
  -- What the log says as far as it was followed: protocol/groups/save.ts. NULL: nothing of it was read yet.
  state TEXT,
  -- How far the log was read, by who is not a member and is served nothing else.
  log_position INTEGER NOT NULL DEFAULT 0,
  -- 1: as a member, the stream is read, from its beginning; and how far it was.
  entered INTEGER NOT NULL DEFAULT 0 CHECK (entered IN (0, 1)),
  position INTEGER NOT NULL DEFAULT 0,
  standing TEXT NOT NULL,
  -- Why nothing is sent there: its log does not hold together.
  halted TEXT,
  title TEXT NOT NULL DEFAULT '',
  description TEXT NOT NULL DEFAULT '',
  -- The index of the entry that made it readable, which the person has seen; -1: none.
  readable_seen INTEGER NOT NULL DEFAULT -1,
  -- Of the link one joins by, until one is a member.
  link_secret BLOB
) STRICT, WITHOUT ROWID;

-- Sealed items whose session is not there yet: they stand as placeholders, and open in place.
CREATE TABLE group_sealed_items (
  message TEXT PRIMARY KEY,
  group_id TEXT NOT NULL,
  session BLOB NOT NULL,
  position INTEGER NOT NULL,
  sender TEXT NOT NULL,
  sender_device INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  data BLOB NOT NULL,
  time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX group_sealed_items_by_session ON group_sealed_items (group_id, session);

-- One's own session of the newest epoch one has spoken in.
CREATE TABLE own_group_sessions (
  group_id TEXT PRIMARY KEY,
  epoch INTEGER NOT NULL,
  session BLOB NOT NULL,
  sequence INTEGER NOT NULL DEFAULT 0,
  -- 1: a device that was told it is not in its owner's list any more.
  lost INTEGER NOT NULL DEFAULT 0 CHECK (lost IN (0, 1))
) STRICT, WITHOUT ROWID;

-- The last number read in each session [P134].
CREATE TABLE group_sequences (
  session BLOB PRIMARY KEY,
  sequence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What is said in groups and has not been published.
CREATE TABLE group_outbox (
  id INTEGER PRIMARY KEY,
  group_id TEXT NOT NULL,
  message TEXT NOT NULL UNIQUE,
  -- A GroupContent with nothing but its body.
  body BLOB NOT NULL,
  readable INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sealed', 'failed')),
  -- The exact bytes, once they are sealed.
  bytes BLOB,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX group_outbox_by_group ON group_outbox (group_id, id);

-- Keys that are owed to somebody: until each of their devices has said that it has them.
CREATE TABLE key_deliveries (
  group_id TEXT NOT NULL,
  account TEXT NOT NULL,
  -- A session or a details key.
  key BLOB NOT NULL,
  solicitation BLOB,
  tries INTEGER NOT NULL DEFAULT 0,
  due_at INTEGER NOT NULL,
  PRIMARY KEY (group_id, account, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX key_deliveries_due ON key_deliveries (due_at);

-- Which devices have said so, or were told.
CREATE TABLE key_holders (
  key BLOB NOT NULL,
  account TEXT NOT NULL,
  device INTEGER NOT NULL,
  confirmed INTEGER NOT NULL,
  PRIMARY KEY (key, account, device)
) STRICT, WITHOUT ROWID;

-- What came between two devices about groups, to be looked at when the log was followed so far.
CREATE TABLE group_arrivals (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  device INTEGER NOT NULL,
  group_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('keys', 'stored', 'invitation')),
  body BLOB NOT NULL,
  at INTEGER NOT NULL
) STRICT;

-- Keys that this device lacks, and when it asked for them.
CREATE TABLE wanted_keys (
  group_id TEXT NOT NULL,
  key BLOB NOT NULL,
  solicitation BLOB,
  asked_at INTEGER,
  tries INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL,
  PRIMARY KEY (group_id, key)
) STRICT, WITHOUT ROWID;

-- What others have asked for, until they say that they have it.
CREATE TABLE solicited_keys (
  group_id TEXT NOT NULL,
  solicitation BLOB NOT NULL,
  key BLOB NOT NULL,
  account TEXT NOT NULL,
  device INTEGER NOT NULL,
  at INTEGER NOT NULL,
  -- Who is answering, and until when nobody else does.
  lease_account TEXT,
  lease_device INTEGER,
  lease_until INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (group_id, solicitation, key)
) STRICT, WITHOUT ROWID;

-- What they called themselves when it came, in a group.
ALTER TABLE messages ADD COLUMN author_name TEXT;

ALTER TABLE details_keys ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
`
