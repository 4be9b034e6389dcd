// Which groups are still to be marked, because a device of this account is gone: the relay may be out of reach meanwhile.

export const groupsToMark = `
CREATE TABLE groups_to_mark (
  group_id TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
`
