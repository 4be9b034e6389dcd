// Who had how many leases on a key that somebody asks for: nobody keeps others from answering for ever [P142].

export const keyLeases = `
CREATE TABLE key_leases (
  group_id TEXT NOT NULL,
  solicitation BLOB NOT NULL,
  key BLOB NOT NULL,
  account TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (group_id, solicitation, key, account),
  FOREIGN KEY (group_id, solicitation, key) REFERENCES solicited_keys (group_id, solicitation, key) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
`
