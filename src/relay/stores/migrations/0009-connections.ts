// The connection that counts for a device [P16]. Never edited: changes come as further numbered files.

export const statements = `
  -- The nonce of the one that entered last.
  ALTER TABLE mailboxes ADD COLUMN connection BLOB;
`
