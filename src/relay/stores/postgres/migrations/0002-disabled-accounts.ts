// Accounts that whoever runs the relay keeps out [P19]. Never edited: changes come as further numbered files.

export const statements = `
  ALTER TABLE accounts ADD COLUMN disabled_at bigint;
`
