// What was deleted here, and not for everybody: a group's stream, or another device's history, may bring it once more.

export const deletedMessages = `
CREATE TABLE deleted_messages (
  message TEXT NOT NULL PRIMARY KEY,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`
