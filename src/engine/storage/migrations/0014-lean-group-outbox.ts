// Fewer pages for each message to a group, as for those to one person.

export const leanGroupOutbox = `
-- An id begins with 28 bits of its group, so that those for one lie together without an index, and counts up in the 24 bits
-- behind.
CREATE TABLE lean_group_outbox (
  id INTEGER PRIMARY KEY,
  group_id TEXT NOT NULL,
  message TEXT NOT NULL,
  -- A GroupContent with nothing but its body.
  body BLOB NOT NULL,
  readable INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sealed', 'failed')),
  -- Of a sealed one: exactly as it leaves [P135].
  bytes BLOB CHECK ((bytes IS NOT NULL) = (state = 'sealed')),
  at INTEGER NOT NULL
) STRICT;
INSERT INTO lean_group_outbox (id, group_id, message, body, readable, state, bytes, at)
  SELECT
      ((instr('0123456789abcdef', substr(group_id, 1, 1)) - 1) << 48)
    + ((instr('0123456789abcdef', substr(group_id, 2, 1)) - 1) << 44)
    + ((instr('0123456789abcdef', substr(group_id, 3, 1)) - 1) << 40)
    + ((instr('0123456789abcdef', substr(group_id, 4, 1)) - 1) << 36)
    + ((instr('0123456789abcdef', substr(group_id, 5, 1)) - 1) << 32)
    + ((instr('0123456789abcdef', substr(group_id, 6, 1)) - 1) << 28)
    + ((instr('0123456789abcdef', substr(group_id, 7, 1)) - 1) << 24)
      + row_number() OVER (PARTITION BY substr(group_id, 1, 7) ORDER BY id),
    group_id, message, body, readable, state, bytes, at
  FROM group_outbox;
DROP TABLE group_outbox;
ALTER TABLE lean_group_outbox RENAME TO group_outbox;
-- Is there one that what is sealed now would overtake? Usually none: then no page of it changes.
CREATE INDEX group_outbox_waiting ON group_outbox (group_id) WHERE state = 'waiting';
`
