// A conversation may be a group's: then it is with nobody in particular.

export const groupConversations = `
CREATE TABLE conversations_of_all_kinds (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('person', 'notes', 'group')),
  -- NULL: a group's.
  account TEXT REFERENCES people (account) CHECK ((account IS NULL) = (kind = 'group')),
  state TEXT NOT NULL CHECK (state IN ('open', 'incoming-request', 'outgoing-request')),
  last_position INTEGER NOT NULL DEFAULT 0,
  -- Own reading ends here; 0: nothing was read.
  read_position INTEGER NOT NULL DEFAULT 0,
  unread INTEGER NOT NULL DEFAULT 0,
  draft TEXT NOT NULL DEFAULT '',
  last_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO conversations_of_all_kinds
  SELECT id, kind, account, state, last_position, read_position, unread, draft, last_at FROM conversations;
DROP TABLE conversations;
ALTER TABLE conversations_of_all_kinds RENAME TO conversations;

-- Of a group-event: what happened, as JSON.
ALTER TABLE messages ADD COLUMN event TEXT;
-- 1: it was not encrypted, in a group that allows it.
ALTER TABLE messages ADD COLUMN readable INTEGER NOT NULL DEFAULT 0;
-- Of a message in a group: the epoch it is of.
ALTER TABLE messages ADD COLUMN epoch INTEGER;
`
