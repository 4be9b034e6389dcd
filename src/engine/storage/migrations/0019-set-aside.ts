// Envelopes that could not be stored, as they came: a later start, or a later version, may be able to.

export const setAside = `
CREATE TABLE set_aside (
  id INTEGER PRIMARY KEY,
  -- An IncomingEnvelope.
  envelope BLOB NOT NULL,
  at INTEGER NOT NULL
) STRICT;
`
