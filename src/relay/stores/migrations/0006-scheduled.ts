// Submissions that wait for their time. Never edited: changes come as further numbered files.

export const statements = `
  CREATE TABLE scheduled (
    account INTEGER NOT NULL REFERENCES accounts (number) ON DELETE CASCADE,
    sender BLOB NOT NULL,
    submission BLOB NOT NULL,
    sender_device INTEGER NOT NULL,
    taken_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    -- Its envelopes are gone; it stays, so that it is known to be called off.
    cancelled INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, sender, submission)
  ) STRICT;

  CREATE INDEX scheduled_due ON scheduled (due_at) WHERE NOT cancelled;

  CREATE TABLE scheduled_envelopes (
    account INTEGER NOT NULL,
    sender BLOB NOT NULL,
    submission BLOB NOT NULL,
    device INTEGER NOT NULL,
    type INTEGER NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (account, sender, submission, device),
    FOREIGN KEY (account, sender, submission) REFERENCES scheduled ON DELETE CASCADE
  ) STRICT;
`
