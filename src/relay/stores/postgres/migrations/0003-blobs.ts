// Blobs: what was announced of each, and whether it is whole. Never edited: changes come as further numbered files.

export const statements = `
  CREATE TABLE blobs (
    account uuid NOT NULL,
    blob text NOT NULL,
    size bigint NOT NULL,
    digest bytea NOT NULL,
    -- SHA-256 of what lets one write to it.
    token_digest bytea NOT NULL,
    whole boolean NOT NULL DEFAULT false,
    expires_at bigint NOT NULL,
    PRIMARY KEY (account, blob)
  );
`
