// The first tables: the account of this device, its prekeys, its sessions, and the keys it knows others by.
//
// Private halves lie here unwrapped: the file as a whole is encrypted [E1]. Tables with records of kilobytes keep their
// row ids, so that an index stays small; the others are clustered by their key.

export const keys = `
CREATE TABLE own_account (
  only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
  account TEXT NOT NULL,
  device INTEGER NOT NULL,
  registration_id INTEGER NOT NULL,
  -- libsignal's serialised identity key pair
  identity BLOB NOT NULL CHECK (length(identity) > 0),
  device_list_version INTEGER NOT NULL,
  device_list BLOB NOT NULL,
  device_list_signature BLOB NOT NULL,
  username TEXT NOT NULL,
  name TEXT NOT NULL,
  profile_version INTEGER NOT NULL,
  -- a RelayPlace as JSON
  relay TEXT NOT NULL,
  created INTEGER NOT NULL,
  -- ids only grow and are never used again [P30]
  next_one_time_id INTEGER NOT NULL DEFAULT 1,
  next_signed_id INTEGER NOT NULL DEFAULT 1,
  next_kyber_id INTEGER NOT NULL DEFAULT 1,
  -- 1: the relay has to forget the one-time prekeys it holds before it takes new ones
  replace_one_time INTEGER NOT NULL DEFAULT 0 CHECK (replace_one_time IN (0, 1))
) STRICT;

-- One libsignal SessionRecord for each device of each account [E5].
CREATE TABLE sessions (
  account TEXT NOT NULL,
  device INTEGER NOT NULL,
  record BLOB NOT NULL CHECK (length(record) > 0),
  updated INTEGER NOT NULL,
  PRIMARY KEY (account, device)
) STRICT;

-- The identity key pinned for each account [P20]. changed_at: it is another than before, and nobody has looked yet.
CREATE TABLE identities (
  account TEXT PRIMARY KEY,
  key BLOB NOT NULL CHECK (length(key) > 0),
  first_seen INTEGER NOT NULL,
  verified_at INTEGER,
  changed_at INTEGER,
  was_verified INTEGER NOT NULL DEFAULT 0 CHECK (was_verified IN (0, 1)),
  previous_key BLOB
) STRICT, WITHOUT ROWID;

-- uploaded: it may have left this device; a one-time prekey never leaves twice.
CREATE TABLE one_time_prekeys (
  id INTEGER PRIMARY KEY,
  record BLOB NOT NULL CHECK (length(record) > 0),
  uploaded INTEGER NOT NULL DEFAULT 0 CHECK (uploaded IN (0, 1))
) STRICT;

-- replaced: when a newer one took its place; the retention counts from then.
CREATE TABLE signed_prekeys (
  id INTEGER PRIMARY KEY,
  record BLOB NOT NULL CHECK (length(record) > 0),
  created INTEGER NOT NULL,
  replaced INTEGER
) STRICT;

CREATE TABLE kyber_prekeys (
  id INTEGER PRIMARY KEY,
  record BLOB NOT NULL CHECK (length(record) > 0),
  last_resort INTEGER NOT NULL CHECK (last_resort IN (0, 1)),
  created INTEGER NOT NULL,
  replaced INTEGER,
  uploaded INTEGER NOT NULL DEFAULT 0 CHECK (uploaded IN (0, 1))
) STRICT;

-- Base keys that last-resort prekeys were used with: the same again is a replay [P38].
CREATE TABLE kyber_base_keys_used (
  kyber_id INTEGER NOT NULL REFERENCES kyber_prekeys (id) ON DELETE CASCADE,
  signed_id INTEGER NOT NULL,
  base_key BLOB NOT NULL,
  PRIMARY KEY (kyber_id, signed_id, base_key)
) STRICT, WITHOUT ROWID;

-- The newest signed device list seen of each account, exactly as it was signed [P21].
CREATE TABLE device_lists (
  account TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  list BLOB NOT NULL,
  signature BLOB NOT NULL
) STRICT, WITHOUT ROWID;
`
