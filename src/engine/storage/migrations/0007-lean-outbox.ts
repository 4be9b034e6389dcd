// Fewer pages for each message: a page that changes is encrypted, authenticated and written, whatever is on it.

export const leanOutbox = `
-- What is still with us, with the bytes that are to leave: saying something adds one row. An id begins with 28 bits of its
-- recipient, so that those for one lie together without an index, and counts up in the 24 bits behind.
CREATE TABLE outbox_by_recipient (
  id INTEGER PRIMARY KEY,
  recipient TEXT NOT NULL,
  submission BLOB NOT NULL CHECK (length(submission) = 16),
  -- Of the message whose delivery hangs on it.
  message TEXT,
  -- Only for this device: an answer to its retry request, or one to it.
  device INTEGER,
  -- content: a Content, numbered when it is sealed · retry: a RetryRequest, which goes in the clear.
  kind TEXT NOT NULL CHECK (kind IN ('content', 'retry')),
  content BLOB NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sealed', 'failed')),
  resent INTEGER NOT NULL DEFAULT 0,
  at INTEGER NOT NULL,
  -- Of a sealed one: for each device its number (1 byte), its registration id (2), the type (1), a length (4), and as many
  -- bytes, exactly as they leave [P52].
  envelopes BLOB CHECK ((envelopes IS NOT NULL) = (state = 'sealed'))
) STRICT;

-- What the relay has, for 31 days, in case somebody could not open it [P71]; and which retry requests went out [P70].
CREATE TABLE sent (
  id INTEGER PRIMARY KEY,
  submission BLOB NOT NULL,
  recipient TEXT NOT NULL,
  -- Of the devices that it was for, a byte each.
  devices BLOB NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('content', 'retry')),
  content BLOB NOT NULL,
  resent INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX sent_by_submission ON sent (submission);

INSERT INTO outbox_by_recipient (id, recipient, submission, message, device, kind, content, state, resent, at, envelopes)
  SELECT
      ((instr('0123456789abcdef', substr(recipient, 1, 1)) - 1) << 48)
    + ((instr('0123456789abcdef', substr(recipient, 2, 1)) - 1) << 44)
    + ((instr('0123456789abcdef', substr(recipient, 3, 1)) - 1) << 40)
    + ((instr('0123456789abcdef', substr(recipient, 4, 1)) - 1) << 36)
    + ((instr('0123456789abcdef', substr(recipient, 5, 1)) - 1) << 32)
    + ((instr('0123456789abcdef', substr(recipient, 6, 1)) - 1) << 28)
    + ((instr('0123456789abcdef', substr(recipient, 7, 1)) - 1) << 24)
      + row_number() OVER (PARTITION BY substr(recipient, 1, 7) ORDER BY id),
    recipient, submission, message, device, kind, content,
    CASE WHEN state = 'sealed' AND NOT EXISTS (SELECT 1 FROM sealed WHERE outbox = outbox.id AND bytes IS NOT NULL)
      THEN 'waiting' ELSE state END,
    resent, at,
    CASE WHEN state = 'sealed' THEN (
      SELECT unhex(group_concat(printf('%02x%04x%02x%08x', device, registration_id, type, length(bytes)) || hex(bytes), ''))
        FROM sealed WHERE outbox = outbox.id AND bytes IS NOT NULL)
    END
  FROM outbox WHERE state <> 'accepted';
INSERT INTO sent (submission, recipient, devices, kind, content, resent, at)
  SELECT submission, recipient,
    (SELECT unhex(group_concat(printf('%02x', device), '')) FROM sealed WHERE outbox = outbox.id),
    kind, content, resent, at
  FROM outbox WHERE state = 'accepted' AND EXISTS (SELECT 1 FROM sealed WHERE outbox = outbox.id) ORDER BY id;
DROP TABLE sealed;
DROP TABLE outbox;
ALTER TABLE outbox_by_recipient RENAME TO outbox;
-- Is there one that what is sealed now would overtake? Usually none: then no page of it changes.
CREATE INDEX outbox_waiting ON outbox (recipient) WHERE state = 'waiting';

-- Of the ciphertexts that were opened, SHA-256 after SHA-256, those of one slice in one row: it is added at the end, where
-- an index of hashes would change a page for each. And of those that could not be opened, a hash over sender, type and
-- bytes: the same may still be opened as what it is.
CREATE TABLE seen_slices (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  hashes BLOB NOT NULL CHECK (length(hashes) > 0 AND length(hashes) % 32 = 0)
) STRICT;
INSERT INTO seen_slices (at, hashes) SELECT at, hash FROM seen ORDER BY at;
DROP TABLE seen;
ALTER TABLE seen_slices RENAME TO seen;
`
