// Streams of groups: the log, and what is said. Every table begins its key with the group. Never edited: changes come as
// further numbered files.

export const statements = `
  -- Its row changes with every batch: half of each page is left for its next version.
  CREATE TABLE streams (
    group_id uuid PRIMARY KEY,
    -- The newest entry.
    head_index bigint NOT NULL,
    head_hash bytea NOT NULL,
    last_position bigint NOT NULL,
    -- Besides entries.
    items integer NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0,
    -- How long items are kept, NULL for as long as the group.
    keep_for bigint,
    deleted_at bigint
  ) WITH (fillfactor = 50);

  CREATE TABLE stream_entries (
    group_id uuid NOT NULL,
    entry_index bigint NOT NULL,
    position bigint NOT NULL,
    hash bytea NOT NULL,
    sender uuid NOT NULL,
    sender_device smallint NOT NULL,
    taken_at bigint NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (group_id, entry_index),
    UNIQUE (group_id, position)
  );

  CREATE TABLE stream_items (
    group_id uuid NOT NULL,
    position bigint NOT NULL,
    kind smallint NOT NULL,
    message uuid NOT NULL,
    sender uuid NOT NULL,
    sender_device smallint NOT NULL,
    taken_at bigint NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (group_id, position)
  );
  -- Ciphertext does not get any smaller.
  ALTER TABLE stream_items ALTER COLUMN content SET STORAGE EXTERNAL;

  -- What the stream was given, by sender, so that it is stored once.
  CREATE TABLE stream_messages (
    group_id uuid NOT NULL,
    sender uuid NOT NULL,
    message uuid NOT NULL,
    position bigint NOT NULL,
    taken_at bigint NOT NULL,
    PRIMARY KEY (group_id, sender, message)
  );
`
