// Messages that were not received but read from an exported file, on the word of whoever chose it.

export const imported = `
-- 1: read from an exported file. Nothing has vouched for it. Its position is below 1 [E20].
ALTER TABLE messages ADD COLUMN imported INTEGER NOT NULL DEFAULT 0 CHECK (imported IN (0, 1));
`
