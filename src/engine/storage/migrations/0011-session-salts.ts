// Ids of group sessions name their owner [P128].

export const sessionSalts = `
-- NULL: learned before, when ids were chosen at random. Such a session is read, and given to nobody.
ALTER TABLE group_sessions ADD COLUMN salt BLOB CHECK (salt IS NULL OR length(salt) = 16);
-- Others would refuse one's own: the next message begins a new one.
DELETE FROM sender_keys WHERE session IN (SELECT session FROM own_group_sessions);
DELETE FROM own_group_sessions;
`
