// Where two devices of one person meet before one of them has an account [P102]. Never edited: changes come as further
// numbered files.

export const statements = `
  -- code: SHA-256 of it. place: what the bell rings under. closed: one has left, and the other may
  -- still hear what was said to it.
  CREATE TABLE rendezvous (
    code bytea PRIMARY KEY,
    place uuid NOT NULL,
    expires_at bigint NOT NULL,
    joined boolean NOT NULL DEFAULT false,
    closed boolean NOT NULL DEFAULT false
  );

  -- number: counts up for each side. An empty one was taken: it still counts.
  CREATE TABLE rendezvous_messages (
    code bytea NOT NULL,
    side text NOT NULL CHECK (side IN ('opener', 'joiner')),
    number smallint NOT NULL,
    content bytea,
    PRIMARY KEY (code, side, number)
  );
`
