// Who has read what one said in a group; and whom one still has to tell that one has read what they said.

export const groupReads = `
-- Of what was said in a group: its place in the stream. Of one's own: how many it was said to, and how many of them have read it.
ALTER TABLE messages ADD COLUMN stream_position INTEGER;
ALTER TABLE messages ADD COLUMN read_by INTEGER;
ALTER TABLE messages ADD COLUMN read_of INTEGER;

CREATE TABLE group_reads (
  message TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  account TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (message, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE reads_to_tell (
  group_id TEXT NOT NULL,
  author TEXT NOT NULL,
  message TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  PRIMARY KEY (group_id, author, message)
) STRICT, WITHOUT ROWID;
-- Without it, a message that goes would look for them in all there are.
CREATE INDEX reads_to_tell_by_message ON reads_to_tell (message);
`
