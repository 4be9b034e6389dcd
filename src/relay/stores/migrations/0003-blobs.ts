// Blobs: what was announced of each, and whether it is whole. Their bytes are elsewhere.

export const statements = `
  CREATE TABLE blobs (
    account INTEGER NOT NULL REFERENCES accounts (number) ON DELETE CASCADE,
    blob TEXT NOT NULL,
    size INTEGER NOT NULL,
    digest BLOB NOT NULL,
    -- SHA-256 of what lets one write to it.
    token_digest BLOB NOT NULL,
    whole INTEGER NOT NULL DEFAULT 0,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (account, blob)
  ) STRICT, WITHOUT ROWID;
`
