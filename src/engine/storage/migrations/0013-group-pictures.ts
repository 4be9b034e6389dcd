// Pictures of groups, and which entry of the log what is shown of a group was read from.

export const groupPictures = `
-- The hash of its picture. Empty: it has none.
ALTER TABLE groups ADD COLUMN avatar TEXT;
-- The entry whose details are shown, or were skipped; -1: none was read yet, or by a version that did not look for a picture.
ALTER TABLE groups ADD COLUMN details_index INTEGER NOT NULL DEFAULT -1;

-- Apart from the rows that are read with every message.
CREATE TABLE group_avatars (
  group_id TEXT PRIMARY KEY,
  media_type TEXT NOT NULL,
  bytes BLOB NOT NULL
) STRICT;
`
