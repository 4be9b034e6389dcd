// The relay's first schema. Never edited: changes come as further numbered files.

export const statements = `
  CREATE TABLE relay (
    id BLOB NOT NULL CHECK (length(id) = 16)
  ) STRICT;

  CREATE TABLE accounts (
    number INTEGER PRIMARY KEY,
    account TEXT NOT NULL UNIQUE,
    username TEXT NOT NULL UNIQUE,
    identity_key BLOB NOT NULL,
    registered_at INTEGER NOT NULL,
    list BLOB NOT NULL,
    list_signature BLOB NOT NULL,
    list_version INTEGER NOT NULL
  ) STRICT;

  -- SHA-256 of the codes of invitations nobody has used yet.
  CREATE TABLE invitations (
    digest BLOB PRIMARY KEY,
    made_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE mailboxes (
    -- 21 bits, so that a place in envelopes is a whole number of 53.
    number INTEGER PRIMARY KEY CHECK (number < 2097152),
    account INTEGER NOT NULL REFERENCES accounts (number) ON DELETE CASCADE,
    device INTEGER NOT NULL,
    registration_id INTEGER NOT NULL,
    last_seen_at INTEGER,
    -- Positions up to here may have been used; a restart goes on behind them.
    positions_up_to INTEGER NOT NULL DEFAULT 0,
    -- SHA-256 of the upload that last replaced the one-time prekeys.
    replaced_by BLOB,
    UNIQUE (account, device)
  ) STRICT;

  CREATE TABLE envelopes (
    -- mailbox * 2^32 + position: one tree, in which a mailbox is a run of pages.
    place INTEGER PRIMARY KEY,
    submission BLOB NOT NULL,
    sender BLOB NOT NULL,
    sender_device INTEGER NOT NULL,
    type INTEGER NOT NULL,
    taken_at INTEGER NOT NULL,
    content BLOB NOT NULL
  ) STRICT;

  CREATE TRIGGER forget_envelopes AFTER DELETE ON mailboxes BEGIN
    DELETE FROM envelopes WHERE place BETWEEN OLD.number * 4294967296 AND OLD.number * 4294967296 + 4294967295;
  END;

  -- What the account was sent, by sender, so that it is stored once.
  CREATE TABLE submissions (
    account INTEGER NOT NULL REFERENCES accounts (number) ON DELETE CASCADE,
    sender BLOB NOT NULL,
    submission BLOB NOT NULL,
    taken_at INTEGER NOT NULL,
    PRIMARY KEY (account, sender, submission)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE standing_prekeys (
    mailbox INTEGER NOT NULL REFERENCES mailboxes (number) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('signed', 'last-resort')),
    id INTEGER NOT NULL,
    public_key BLOB NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (mailbox, kind)
  ) STRICT;

  CREATE TABLE one_time_prekeys (
    mailbox INTEGER NOT NULL REFERENCES mailboxes (number) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('ec', 'kyber')),
    id INTEGER NOT NULL,
    public_key BLOB NOT NULL,
    signature BLOB,
    PRIMARY KEY (mailbox, kind, id)
  ) STRICT;

  -- The highest id of a kind ever stored: what is not above it was stored before, and may have been handed out.
  CREATE TABLE highest_prekeys (
    mailbox INTEGER NOT NULL REFERENCES mailboxes (number) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('ec', 'kyber')),
    id INTEGER NOT NULL,
    PRIMARY KEY (mailbox, kind)
  ) STRICT, WITHOUT ROWID;
`
