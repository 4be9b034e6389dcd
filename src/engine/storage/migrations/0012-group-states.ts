// What logs say, apart from how far streams were read: the one changes with an entry, the other with every message.

export const groupStates = `
-- protocol/groups/save.ts, as far as the log was followed: some hundred kilobytes for a thousand members.
CREATE TABLE group_states (
  group_id TEXT PRIMARY KEY,
  state TEXT NOT NULL
) STRICT;
INSERT INTO group_states (group_id, state) SELECT group_id, state FROM groups WHERE state IS NOT NULL;
ALTER TABLE groups DROP COLUMN state;
-- How much was said in an epoch is counted before each message [P113].
CREATE INDEX messages_of_epochs ON messages (conversation, epoch, kind) WHERE epoch IS NOT NULL;
`
