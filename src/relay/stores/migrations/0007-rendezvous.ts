// Where two devices of one person meet before one of them has an account [P102]. Never edited: changes come as further
// numbered files.

export const statements = `
  -- code: SHA-256 of it. place: what the bell rings under. closed: one has left, and the other may
  -- still hear what was said to it.
  CREATE TABLE rendezvous (
    code BLOB PRIMARY KEY,
    place TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    joined INTEGER NOT NULL DEFAULT 0 CHECK (joined IN (0, 1)),
    closed INTEGER NOT NULL DEFAULT 0 CHECK (closed IN (0, 1))
  ) STRICT, WITHOUT ROWID;

  -- number: counts up for each side. An empty one was taken: it still counts.
  CREATE TABLE rendezvous_messages (
    code BLOB NOT NULL REFERENCES rendezvous (code) ON DELETE CASCADE,
    side TEXT NOT NULL CHECK (side IN ('opener', 'joiner')),
    number INTEGER NOT NULL,
    content BLOB,
    PRIMARY KEY (code, side, number)
  ) STRICT, WITHOUT ROWID;
`
