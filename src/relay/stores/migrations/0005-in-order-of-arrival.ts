// What comes in with a message goes to the end of its table, so that a commit touches few pages. Never edited: changes come
// as further numbered files.

export const statements = `
  DROP TRIGGER forget_envelopes;
  ALTER TABLE envelopes RENAME TO envelopes_by_place;

  -- In the order they were taken, whoever they are for: rows in between would have pages split and merged all the time.
  CREATE TABLE envelopes (
    number INTEGER PRIMARY KEY,
    -- mailbox * 2^32 + position.
    place INTEGER NOT NULL UNIQUE,
    submission BLOB NOT NULL,
    sender BLOB NOT NULL,
    sender_device INTEGER NOT NULL,
    type INTEGER NOT NULL,
    taken_at INTEGER NOT NULL,
    content BLOB NOT NULL
  ) STRICT;
  INSERT INTO envelopes (place, submission, sender, sender_device, type, taken_at, content)
  SELECT place, submission, sender, sender_device, type, taken_at, content FROM envelopes_by_place ORDER BY taken_at, place;
  DROP TABLE envelopes_by_place;

  CREATE TRIGGER forget_envelopes AFTER DELETE ON mailboxes BEGIN
    DELETE FROM envelopes WHERE place BETWEEN OLD.number * 4294967296 AND OLD.number * 4294967296 + 4294967295;
  END;

  -- Submission ids that were taken lately, on their way into submissions: some thousands are sorted in together.
  CREATE TABLE recent_submissions (
    number INTEGER PRIMARY KEY,
    account INTEGER NOT NULL,
    sender BLOB NOT NULL,
    submission BLOB NOT NULL,
    taken_at INTEGER NOT NULL
  ) STRICT;

  CREATE TRIGGER forget_recent_submissions AFTER DELETE ON accounts BEGIN
    DELETE FROM recent_submissions WHERE account = OLD.number;
  END;
`
