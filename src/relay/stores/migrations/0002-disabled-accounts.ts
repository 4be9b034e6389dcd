// Accounts that whoever runs the relay keeps out, since when.

export const statements = `
  ALTER TABLE accounts ADD COLUMN disabled_at INTEGER;
`
