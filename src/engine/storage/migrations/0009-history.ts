// History on its way from one of the person's devices to another, so that it goes on after a restart of either.

export const history = `
-- Where a device that was added later begins to number places: below is room for what was said before [P109].
ALTER TABLE own_state ADD COLUMN first_place INTEGER NOT NULL DEFAULT 0;

-- What this device was asked for, by which device.
CREATE TABLE history_leaving (
  transfer BLOB PRIMARY KEY CHECK (length(transfer) = 16),
  device INTEGER NOT NULL,
  -- The last part that the other device has stored.
  taken INTEGER NOT NULL DEFAULT 0,
  -- The highest number that a part of it ever had.
  highest INTEGER NOT NULL DEFAULT 0,
  -- The last stretch in what is stored there, and messages up to it.
  taken_stretch INTEGER NOT NULL DEFAULT 0,
  done INTEGER NOT NULL DEFAULT 0,
  -- NULL: its stretches are not listed yet.
  total INTEGER,
  stopped INTEGER NOT NULL DEFAULT 0 CHECK (stopped IN (0, 1)),
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Its stretches, in the order in which they leave.
CREATE TABLE history_stretches (
  transfer BLOB NOT NULL REFERENCES history_leaving (transfer) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  conversation TEXT NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  PRIMARY KEY (transfer, number)
) STRICT, WITHOUT ROWID;

-- Where each conversation ended when the stretches were listed: what is behind it goes last.
CREATE TABLE history_ends (
  transfer BLOB NOT NULL REFERENCES history_leaving (transfer) ON DELETE CASCADE,
  conversation TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (transfer, conversation)
) STRICT, WITHOUT ROWID;

-- Parts that are at the relay, until the other device has stored them.
CREATE TABLE history_parts (
  transfer BLOB NOT NULL REFERENCES history_leaving (transfer) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  -- The last stretch in it.
  last_stretch INTEGER NOT NULL,
  -- A HistoryPart, as it was told; and what lets one forget its blob.
  part BLOB NOT NULL,
  token BLOB NOT NULL,
  PRIMARY KEY (transfer, number)
) STRICT, WITHOUT ROWID;

-- What this device has asked for (there is one).
CREATE TABLE history_arriving (
  only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
  transfer BLOB NOT NULL CHECK (length(transfer) = 16),
  device INTEGER NOT NULL,
  -- The last part that is stored here.
  taken INTEGER NOT NULL DEFAULT 0,
  done INTEGER NOT NULL DEFAULT 0,
  total INTEGER,
  -- asked: not said to the other device yet · stopped: by the person, here · halted: by the person, on the
  -- other device · failed: for a reason that stays
  state TEXT NOT NULL CHECK (state IN ('asked', 'arriving', 'stopped', 'halted', 'failed')),
  -- A Failure, as JSON.
  failure TEXT
) STRICT;

-- Parts that were told and are still to be fetched: each a HistoryPart.
CREATE TABLE history_told (
  -- The part before it.
  after INTEGER PRIMARY KEY,
  part BLOB NOT NULL
) STRICT;
`
