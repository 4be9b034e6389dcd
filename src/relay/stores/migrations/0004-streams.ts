// Streams of groups: the log, and what is said. Never edited: changes come as further numbered files.

export const statements = `
  CREATE TABLE streams (
    -- 21 bits, so that a place in the tables below is a whole number of 53.
    number INTEGER PRIMARY KEY CHECK (number < 2097152),
    group_id TEXT NOT NULL UNIQUE,
    -- The newest entry.
    head_index INTEGER NOT NULL,
    head_hash BLOB NOT NULL,
    last_position INTEGER NOT NULL,
    -- Besides entries.
    items INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    -- How long items are kept; NULL: as long as the group.
    keep_for INTEGER,
    deleted_at INTEGER
  ) STRICT;

  CREATE TABLE stream_entries (
    -- stream * 2^32 + position.
    place INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL REFERENCES streams (number) ON DELETE CASCADE,
    entry_index INTEGER NOT NULL,
    hash BLOB NOT NULL,
    sender BLOB NOT NULL,
    sender_device INTEGER NOT NULL,
    taken_at INTEGER NOT NULL,
    content BLOB NOT NULL,
    UNIQUE (stream, entry_index)
  ) STRICT;

  CREATE TABLE stream_items (
    -- stream * 2^32 + position: one tree, in which a stream is a run of pages.
    place INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    message BLOB NOT NULL,
    sender BLOB NOT NULL,
    sender_device INTEGER NOT NULL,
    taken_at INTEGER NOT NULL,
    content BLOB NOT NULL
  ) STRICT;

  CREATE TRIGGER forget_stream_items AFTER DELETE ON streams BEGIN
    DELETE FROM stream_items WHERE place BETWEEN OLD.number * 4294967296 AND OLD.number * 4294967296 + 4294967295;
  END;

  -- What the stream was given, by sender, so that it is stored once.
  CREATE TABLE stream_messages (
    stream INTEGER NOT NULL REFERENCES streams (number) ON DELETE CASCADE,
    sender BLOB NOT NULL,
    message BLOB NOT NULL,
    position INTEGER NOT NULL,
    taken_at INTEGER NOT NULL,
    PRIMARY KEY (stream, sender, message)
  ) STRICT, WITHOUT ROWID;
`
