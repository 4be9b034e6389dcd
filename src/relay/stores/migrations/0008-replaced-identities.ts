// The identity key that an account had before, and what it said when it replaced it [P97].

export const statements = `
  ALTER TABLE accounts ADD COLUMN former_key BLOB;
  ALTER TABLE accounts ADD COLUMN replacement BLOB;
`
