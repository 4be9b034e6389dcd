// Submissions that wait for their time. Never edited: changes come as further numbered files.

export const statements = `
  CREATE TABLE scheduled (
    account uuid NOT NULL,
    sender uuid NOT NULL,
    submission uuid NOT NULL,
    sender_device smallint NOT NULL,
    taken_at bigint NOT NULL,
    due_at bigint NOT NULL,
    -- Its envelopes are gone, and it stays, so that it is known to be called off.
    cancelled boolean NOT NULL DEFAULT false,
    PRIMARY KEY (account, sender, submission)
  );
  CREATE INDEX scheduled_due ON scheduled (due_at) WHERE NOT cancelled;

  CREATE TABLE scheduled_envelopes (
    account uuid NOT NULL,
    sender uuid NOT NULL,
    submission uuid NOT NULL,
    device smallint NOT NULL,
    type smallint NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (account, sender, submission, device)
  );
  -- Ciphertext does not get any smaller.
  ALTER TABLE scheduled_envelopes ALTER COLUMN content SET STORAGE EXTERNAL;
`
