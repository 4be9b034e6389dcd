// The identity key that an account had before, and what it said when it replaced it [P97]. Never edited: changes come as
// further numbered files.

export const statements = `
  ALTER TABLE accounts ADD COLUMN former_key bytea;
  ALTER TABLE accounts ADD COLUMN replacement bytea;
`
