// The relay's first schema on PostgreSQL. Never edited: changes come as further numbered files.
//
// Every table but the first begins its key with the account, the username or the invitation it belongs to, and none
// refers to another one, so that tables may be spread over servers by it [S1].

export const statements = `
  -- One row.
  CREATE TABLE relay (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    id bytea NOT NULL CHECK (octet_length(id) = 16)
  );

  -- Who goes by a name, or is about to: it is settled once the account is there.
  CREATE TABLE usernames (
    username text PRIMARY KEY,
    account uuid NOT NULL,
    identity_key bytea NOT NULL,
    claimed_at bigint NOT NULL,
    settled boolean NOT NULL DEFAULT false
  );

  -- SHA-256 of the codes of invitations. One that is used up goes when its account is there.
  CREATE TABLE invitations (
    digest bytea PRIMARY KEY,
    made_at bigint NOT NULL,
    used_by uuid
  );

  CREATE TABLE accounts (
    account uuid PRIMARY KEY,
    username text NOT NULL,
    identity_key bytea NOT NULL,
    registered_at bigint NOT NULL,
    list bytea NOT NULL,
    list_signature bytea NOT NULL,
    list_version bigint NOT NULL
  );

  -- Counters change with every batch: half of each page is left for the next version of a row.
  CREATE TABLE mailboxes (
    account uuid NOT NULL,
    device smallint NOT NULL,
    registration_id integer NOT NULL,
    -- The account's, repeated: whoever holds this row knows which devices are listed.
    list_version bigint NOT NULL,
    last_seen_at bigint,
    last_position bigint NOT NULL DEFAULT 0,
    held integer NOT NULL DEFAULT 0,
    held_bytes bigint NOT NULL DEFAULT 0,
    -- SHA-256 of the upload that last replaced the one-time prekeys.
    replaced_by bytea,
    PRIMARY KEY (account, device)
  ) WITH (fillfactor = 50);

  CREATE TABLE envelopes (
    account uuid NOT NULL,
    device smallint NOT NULL,
    position bigint NOT NULL,
    submission uuid NOT NULL,
    sender uuid NOT NULL,
    sender_device smallint NOT NULL,
    type smallint NOT NULL,
    taken_at bigint NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (account, device, position)
  );
  -- Ciphertext does not get any smaller.
  ALTER TABLE envelopes ALTER COLUMN content SET STORAGE EXTERNAL;

  -- What the account was sent, by sender, so that it is stored once.
  CREATE TABLE submissions (
    account uuid NOT NULL,
    sender uuid NOT NULL,
    submission uuid NOT NULL,
    taken_at bigint NOT NULL,
    PRIMARY KEY (account, sender, submission)
  );

  CREATE TABLE standing_prekeys (
    account uuid NOT NULL,
    device smallint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('signed', 'last-resort')),
    id bigint NOT NULL,
    public_key bytea NOT NULL,
    signature bytea NOT NULL,
    PRIMARY KEY (account, device, kind)
  );

  CREATE TABLE one_time_prekeys (
    account uuid NOT NULL,
    device smallint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('ec', 'kyber')),
    id bigint NOT NULL,
    public_key bytea NOT NULL,
    signature bytea,
    PRIMARY KEY (account, device, kind, id)
  );

  -- The highest id of a kind ever stored: what is not above it was stored before, and may have been handed out.
  CREATE TABLE highest_prekeys (
    account uuid NOT NULL,
    device smallint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('ec', 'kyber')),
    id bigint NOT NULL,
    PRIMARY KEY (account, device, kind)
  );
`
