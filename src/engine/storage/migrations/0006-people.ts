// What people say about themselves, what is noted about them here, and how the list is kept in order.

export const people = `
ALTER TABLE own_account ADD COLUMN about TEXT NOT NULL DEFAULT '';
-- Counts up with what is said beyond the name; 0: nothing ever was [P170].
ALTER TABLE own_account ADD COLUMN details_version INTEGER NOT NULL DEFAULT 0;
-- When the relay showed another identity or other devices for this account, and which of the two [P178].
ALTER TABLE own_state ADD COLUMN contradicted_at INTEGER;
ALTER TABLE own_state ADD COLUMN contradicted TEXT CHECK (contradicted IN ('identity', 'devices'));

ALTER TABLE people ADD COLUMN about TEXT NOT NULL DEFAULT '';
-- Of their details that we have, and of ours that they were sent.
ALTER TABLE people ADD COLUMN details_version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE people ADD COLUMN told_details_version INTEGER NOT NULL DEFAULT 0;
-- The hash of their picture, once it is here.
ALTER TABLE people ADD COLUMN avatar TEXT;
-- Ours about them, and for nobody else [P171].
ALTER TABLE people ADD COLUMN nickname TEXT;
ALTER TABLE people ADD COLUMN note TEXT NOT NULL DEFAULT '';

-- Empty: not muted.
ALTER TABLE conversations ADD COLUMN muted_until INTEGER;
ALTER TABLE conversations ADD COLUMN archived INTEGER NOT NULL DEFAULT 0 CHECK (archived IN (0, 1));
ALTER TABLE conversations ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1));

-- Pictures of people, oneself among them, apart from the rows that are read with every message.
CREATE TABLE avatars (
  account TEXT PRIMARY KEY,
  -- A BlobPointer: where the bytes can be had. Empty: of one's own picture, which is not at the relay yet.
  pointer BLOB,
  -- SHA-256 of the bytes, in hex. Empty, all three: they are not here yet.
  hash TEXT,
  media_type TEXT,
  bytes BLOB,
  -- Whether the bytes are those that the pointer leads to.
  matches INTEGER NOT NULL CHECK (matches IN (0, 1)),
  -- When one's own was put there: relays keep blobs for a time only.
  put_at INTEGER
) STRICT;
`
