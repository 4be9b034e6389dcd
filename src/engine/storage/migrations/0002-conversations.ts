// People, conversations, messages, and what is on its way in or out.

export const conversations = `
-- What is known of the account of this device beyond its keys.
CREATE TABLE own_state (
  only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
  -- Whether the relay has confirmed it.
  registered INTEGER NOT NULL DEFAULT 0,
  -- Counts up beside the number in the keychain [P83].
  generation INTEGER NOT NULL DEFAULT 0,
  invitation TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO own_state (only_one) VALUES (1);

CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE people (
  account TEXT PRIMARY KEY,
  username TEXT NOT NULL,
  name TEXT NOT NULL,
  profile_version INTEGER NOT NULL DEFAULT 0,
  -- Which version of our own profile they were sent.
  told_profile_version INTEGER NOT NULL DEFAULT 0,
  blocked INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE conversations (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('person', 'notes')),
  account TEXT NOT NULL REFERENCES people (account),
  state TEXT NOT NULL CHECK (state IN ('open', 'incoming-request', 'outgoing-request')),
  last_position INTEGER NOT NULL DEFAULT 0,
  -- Own reading ends here; 0: nothing was read.
  read_position INTEGER NOT NULL DEFAULT 0,
  unread INTEGER NOT NULL DEFAULT 0,
  draft TEXT NOT NULL DEFAULT '',
  last_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Clustered the way it is read: a page of history is a run of pages on disk [E6].
CREATE TABLE messages (
  conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  id TEXT NOT NULL,
  author TEXT NOT NULL,
  own INTEGER NOT NULL,
  sent_at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  text TEXT,
  -- Of a gap: its first and last sequence, and the installation they are missing from. Of a placeholder: when it was asked for.
  gap_from INTEGER,
  gap_to INTEGER,
  gap_device INTEGER,
  gap_registration_id INTEGER,
  asked_at INTEGER,
  delivery TEXT,
  delivery_at INTEGER,
  failure TEXT,
  -- Kept back until a request is accepted [P61].
  held INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (conversation, position, sequence, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX messages_by_id ON messages (id);
CREATE INDEX messages_gaps ON messages (conversation, gap_device, gap_registration_id, gap_from) WHERE kind = 'gap';

-- What we number towards each account [P44].
CREATE TABLE outgoing_chains (
  recipient TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL,
  hash BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- What each device has numbered towards us [P45].
CREATE TABLE incoming_chains (
  account TEXT NOT NULL,
  device INTEGER NOT NULL,
  registration_id INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (account, device, registration_id)
) STRICT, WITHOUT ROWID;

-- Numbers that were skipped and may still come.
CREATE TABLE missing (
  account TEXT NOT NULL,
  device INTEGER NOT NULL,
  registration_id INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (account, device, registration_id, sequence)
) STRICT, WITHOUT ROWID;

-- Ciphertexts that were opened, by hash: a second copy is nothing new, under whatever name it comes. And those that could
-- not be, by a hash over sender, type and bytes: the same may still be opened as what it is.
CREATE TABLE seen (
  hash BLOB PRIMARY KEY,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Promised to the relay, and for 30 days what was given to it, in case somebody could not open it [P71].
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY,
  submission BLOB NOT NULL UNIQUE CHECK (length(submission) = 16),
  recipient TEXT NOT NULL,
  -- Of the message whose delivery hangs on it.
  message TEXT,
  -- Only for this device: an answer to its retry request, or one to it.
  device INTEGER,
  -- content: a Content, numbered when it is sealed · retry: a RetryRequest, which goes in the clear.
  kind TEXT NOT NULL CHECK (kind IN ('content', 'retry')),
  content BLOB NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sealed', 'failed', 'accepted')),
  resent INTEGER NOT NULL DEFAULT 0,
  at INTEGER NOT NULL
) STRICT;
-- The only one beside the submission: each index is a page more to encrypt with every message.
CREATE INDEX outbox_pending ON outbox (recipient, id) WHERE state <> 'accepted';

-- The exact bytes for each device; empty again once the relay has them [P52].
CREATE TABLE sealed (
  outbox INTEGER NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
  device INTEGER NOT NULL,
  registration_id INTEGER NOT NULL,
  type INTEGER NOT NULL,
  bytes BLOB,
  PRIMARY KEY (outbox, device)
) STRICT, WITHOUT ROWID;

-- When a session with a device was last begun anew because of a retry request [P71], and how many we sent lately [P70].
CREATE TABLE session_resets (
  account TEXT NOT NULL,
  device INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (account, device)
) STRICT, WITHOUT ROWID;
`
