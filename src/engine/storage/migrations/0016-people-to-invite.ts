// Who is still to be invited into a group: a relay gives out the keys of only so many people at once.

export const peopleToInvite = `
CREATE TABLE people_to_invite (
  group_id TEXT NOT NULL,
  account TEXT NOT NULL,
  -- What they are given of what was said before: a HistoryGrant as JSON.
  history TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  PRIMARY KEY (group_id, account)
) STRICT, WITHOUT ROWID;
`
