// What a commit writes for a message, made less: fewer columns, an index of what has waited for a while alone, and the
// submission ids of a commit in one row. Never edited: changes come as further numbered files.

export const statements = `
  DROP TRIGGER forget_envelopes;
  ALTER TABLE envelopes RENAME TO envelopes_by_column;

  CREATE TABLE envelopes (
    -- In the order they were taken.
    number INTEGER PRIMARY KEY,
    -- mailbox * 2^32 + position.
    place INTEGER NOT NULL,
    -- submission, sender (16 bytes each), sender_device, type (1 each), taken_at (8): read and written as one.
    head BLOB NOT NULL,
    content BLOB NOT NULL
  ) STRICT;
  INSERT INTO envelopes (number, place, head, content)
  SELECT number, place,
    CAST(submission || sender || unhex(printf('%02x%02x%016x', sender_device, type, taken_at)) AS BLOB), content
  FROM envelopes_by_column ORDER BY number;
  DROP TABLE envelopes_by_column;

  -- Where envelopes are that have waited for a while. Most are gone before.
  CREATE TABLE settled_envelopes (
    place INTEGER PRIMARY KEY,
    envelope INTEGER NOT NULL
  ) STRICT;
  INSERT INTO settled_envelopes (place, envelope) SELECT place, number FROM envelopes ORDER BY place;

  -- The number up to which envelopes are settled.
  ALTER TABLE relay ADD COLUMN settled_up_to INTEGER NOT NULL DEFAULT 0;
  UPDATE relay SET settled_up_to = coalesce((SELECT max(number) FROM envelopes), 0);

  -- All of them: by their place those that are settled, and the few that came since.
  CREATE VIEW placed_envelopes AS
    SELECT place, envelope AS number FROM settled_envelopes
    UNION ALL
    SELECT place, number FROM envelopes WHERE number > (SELECT settled_up_to FROM relay);

  CREATE TRIGGER forget_envelopes AFTER DELETE ON mailboxes BEGIN
    DELETE FROM envelopes WHERE number IN (
      SELECT number FROM placed_envelopes
      WHERE place BETWEEN OLD.number * 4294967296 AND OLD.number * 4294967296 + 4294967295
    );
    DELETE FROM settled_envelopes
    WHERE place BETWEEN OLD.number * 4294967296 AND OLD.number * 4294967296 + 4294967295;
  END;

  DROP TRIGGER forget_recent_submissions;
  INSERT INTO submissions (account, sender, submission, taken_at)
  SELECT account, sender, submission, taken_at FROM recent_submissions ORDER BY account, sender, submission;
  DROP TABLE recent_submissions;

  -- Submission ids that were taken lately, a row a commit: account (8 bytes), sender, submission (16 each) and taken_at (8),
  -- one behind the other.
  CREATE TABLE recent_submissions (
    number INTEGER PRIMARY KEY,
    entries BLOB NOT NULL
  ) STRICT;
`
