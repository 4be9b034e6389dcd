// Taking an upload of prekeys: up to their number, and none a second time.

import { createHash } from 'node:crypto'
import { MAX_ONE_TIME_PREKEYS } from '../../../protocol/limits.ts'
import type { KeysStored, KeyUpload, Mailbox, PreKey, SignedPreKey } from '../../store.ts'
import type { Query } from './connect.ts'
import { countKeys, countOf, lockKeys, type OneTime, type Standing } from './key-rows.ts'

const SET_STANDING = {
  name: 'set-standing-key',
  text: `INSERT INTO standing_prekeys (account, device, kind, id, public_key, signature) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (account, device, kind)
    DO UPDATE SET id = excluded.id, public_key = excluded.public_key, signature = excluded.signature`,
}
const HIGHEST = {
  name: 'highest-keys',
  text: 'SELECT kind, id FROM highest_prekeys WHERE account = $1 AND device = $2',
}
const SET_HIGHEST = {
  name: 'set-highest-key',
  text: `INSERT INTO highest_prekeys (account, device, kind, id) VALUES ($1, $2, $3, $4)
    ON CONFLICT (account, device, kind) DO UPDATE SET id = excluded.id`,
}
const ADD = {
  name: 'add-keys',
  text: `INSERT INTO one_time_prekeys (account, device, kind, id, public_key, signature)
    SELECT $1, $2, $3, id, public_key, signature
    FROM unnest($4::bigint[], $5::bytea[], $6::bytea[]) AS key (id, public_key, signature)`,
}
const FORGET_ONE_TIME = {
  name: 'forget-one-time-keys',
  text: 'DELETE FROM one_time_prekeys WHERE account = $1 AND device = $2',
}
const FORGET_HIGHEST = {
  name: 'forget-highest-keys',
  text: 'DELETE FROM highest_prekeys WHERE account = $1 AND device = $2',
}
const SET_REPLACED_BY = {
  name: 'set-replaced-by',
  text: 'UPDATE mailboxes SET replaced_by = $3 WHERE account = $1 AND device = $2',
}
/** Inside a transaction. */
export async function storeKeys(query: Query, mailbox: Mailbox, upload: KeyUpload): Promise<KeysStored> {
  const { account, device } = mailbox
  const [box] = await lockKeys(query, account, [device])
  if (box === undefined) return { outcome: 'no-such-mailbox' }
  const most = Math.max(upload.oneTimeEc.length, upload.oneTimeKyber.length)
  if (upload.replaceOneTime && most > MAX_ONE_TIME_PREKEYS) return { outcome: 'too-many' }
  if (upload.replaceOneTime) await replace(query, mailbox, box.replacedBy, upload)
  const highest = await query<{ kind: OneTime; id: number }>(HIGHEST, [account, device])
  const above = (kind: OneTime) => highest.find((row) => row.kind === kind)?.id ?? 0
  const ec = fresh(upload.oneTimeEc, above('ec'))
  const kyber = fresh(upload.oneTimeKyber, above('kyber'))
  const held = countOf(await countKeys(query, account, [device]), device)
  if (held.oneTimeEc + ec.length > MAX_ONE_TIME_PREKEYS) return { outcome: 'too-many' }
  if (held.oneTimeKyber + kyber.length > MAX_ONE_TIME_PREKEYS) return { outcome: 'too-many' }
  await setStanding(query, mailbox, 'signed', upload.signed)
  await setStanding(query, mailbox, 'last-resort', upload.lastResort)
  await add(query, mailbox, 'ec', ec)
  await add(query, mailbox, 'kyber', kyber)
  return {
    outcome: 'stored',
    oneTimeEc: held.oneTimeEc + ec.length,
    oneTimeKyber: held.oneTimeKyber + kyber.length,
  }
}

/** Unless it was this very upload that replaced them last. */
async function replace(
  query: Query,
  { account, device }: Mailbox,
  replacedBy: Buffer | null,
  upload: KeyUpload,
): Promise<void> {
  const digest = digestOf(upload)
  if (replacedBy?.equals(digest)) return
  await query(FORGET_ONE_TIME, [account, device])
  await query(FORGET_HIGHEST, [account, device])
  await query(SET_REPLACED_BY, [account, device, digest])
}

/** Those that were not stored before, each id once. */
function fresh<Key extends PreKey>(keys: readonly Key[], above: number): Key[] {
  return [...new Map(keys.filter(({ id }) => id > above).map((key) => [key.id, key])).values()]
}

async function setStanding(
  query: Query,
  { account, device }: Mailbox,
  kind: Standing,
  key: SignedPreKey | undefined,
): Promise<void> {
  if (key !== undefined) await query(SET_STANDING, [account, device, kind, key.id, key.publicKey, key.signature])
}

async function add(
  query: Query,
  { account, device }: Mailbox,
  kind: OneTime,
  keys: readonly (PreKey & { signature?: Uint8Array })[],
): Promise<void> {
  if (keys.length === 0) return
  const ids = keys.map(({ id }) => id)
  const publicKeys = keys.map(({ publicKey }) => publicKey)
  const signatures = keys.map(({ signature }) => signature ?? null)
  await query(ADD, [account, device, kind, ids, publicKeys, signatures])
  await query(SET_HIGHEST, [account, device, kind, ids.reduce((most, id) => Math.max(most, id), 0)])
}

function digestOf({ oneTimeEc, oneTimeKyber }: KeyUpload): Buffer {
  const hash = createHash('sha256')
  for (const { id, publicKey } of [...oneTimeEc, ...oneTimeKyber])
    hash.update(`${id} ${publicKey.length} `).update(publicKey)
  return hash.digest()
}
