// Prekeys in PostgreSQL: held up to their number, handed out once. Whoever changes a device's keys holds the lock of its
// mailbox; what is read after taking it is what was left by whoever held it before.

import { createHash } from 'node:crypto'
import { MAX_ONE_TIME_PREKEYS } from '../../../protocol/limits.ts'
import type { DeviceId } from '../../../shared/ids.ts'
import type {
  HeldKeys,
  KeyStore,
  KeysStored,
  KeyUpload,
  ListedDevice,
  Mailbox,
  OneTimeCounts,
  PreKey,
  SignedPreKey,
  TakenBundle,
} from '../../store.ts'
import type { Postgres, Query } from './connect.ts'

type Standing = 'signed' | 'last-resort'
type OneTime = 'ec' | 'kyber'
type KeyRow = PreKey & { device: DeviceId; signature: Buffer | null }

const LOCK = {
  name: 'lock-keys',
  text: `SELECT device, registration_id AS "registrationId", replaced_by AS "replacedBy" FROM mailboxes
    WHERE account = $1 AND device = ANY ($2::smallint[]) ORDER BY device FOR UPDATE`,
}
const STANDING = {
  name: 'standing-keys',
  text: `SELECT device, kind, id, public_key AS "publicKey", signature FROM standing_prekeys
    WHERE account = $1 AND device = ANY ($2::smallint[])`,
}
const SET_STANDING = {
  name: 'set-standing-key',
  text: `INSERT INTO standing_prekeys (account, device, kind, id, public_key, signature) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (account, device, kind)
    DO UPDATE SET id = excluded.id, public_key = excluded.public_key, signature = excluded.signature`,
}
const COUNT = {
  name: 'count-keys',
  text: `SELECT device, count(*) FILTER (WHERE kind = 'ec')::integer AS "oneTimeEc",
      count(*) FILTER (WHERE kind = 'kyber')::integer AS "oneTimeKyber"
    FROM one_time_prekeys WHERE account = $1 AND device = ANY ($2::smallint[]) GROUP BY device`,
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
const SAMPLE = {
  name: 'sample-key',
  text: `SELECT id, public_key AS "publicKey" FROM one_time_prekeys
    WHERE account = $1 AND device = $2 AND kind = 'ec' ORDER BY id LIMIT 1`,
}
/** The oldest of each kind from each device. */
const TAKE = {
  name: 'take-keys',
  text: `DELETE FROM one_time_prekeys k
    USING unnest($2::smallint[]) AS asked (device), unnest(ARRAY['ec', 'kyber']) AS kinds (kind)
    WHERE k.account = $1 AND k.device = asked.device AND k.kind = kinds.kind AND k.id = (
      SELECT min(id) FROM one_time_prekeys o WHERE o.account = $1 AND o.device = asked.device AND o.kind = kinds.kind
    )
    RETURNING k.device, k.kind, k.id, k.public_key AS "publicKey", k.signature`,
}

export function createKeys({ query, transaction }: Postgres): KeyStore {
  return {
    heldKeys: ({ account, device }) => heldKeys(query, { account, device }),
    storeKeys: (mailbox, upload) => transaction('keys', (inside) => storeKeys(inside, mailbox, upload)),
    takeKeys: (account, devices) =>
      transaction('take', async (inside) => {
        const boxes = await inside<ListedDevice>(LOCK, [account, devices])
        const standing = await inside<KeyRow & { kind: Standing }>(STANDING, [account, devices])
        const ready = boxes.filter(
          ({ device }) => find(standing, device, 'signed') && find(standing, device, 'last-resort'),
        )
        const asked = ready.map(({ device }) => device)
        const counts = await inside<OneTimeCounts & { device: DeviceId }>(COUNT, [account, asked])
        const taken = await inside<KeyRow & { kind: OneTime }>(TAKE, [account, asked])
        return ready.flatMap((box) => bundle(box, standing, counts, taken) ?? [])
      }),
  }
}

function find<Kind extends string>(
  keys: readonly (KeyRow & { kind: Kind })[],
  device: DeviceId,
  kind: Kind,
): SignedPreKey | undefined {
  const row = keys.find((key) => key.device === device && key.kind === kind)
  return row && { id: row.id, publicKey: row.publicKey, signature: row.signature ?? new Uint8Array() }
}

function bundle(
  { device, registrationId }: ListedDevice,
  standing: readonly (KeyRow & { kind: Standing })[],
  counts: readonly (OneTimeCounts & { device: DeviceId })[],
  taken: readonly (KeyRow & { kind: OneTime })[],
): TakenBundle | undefined {
  const signed = find(standing, device, 'signed')
  const lastResort = find(standing, device, 'last-resort')
  if (signed === undefined || lastResort === undefined) return undefined
  const before = { ...NONE, ...onlyCounts(counts.find((count) => count.device === device)) }
  const ec = find(taken, device, 'ec')
  const kyber = find(taken, device, 'kyber')
  return {
    device,
    registrationId,
    signed,
    ...(ec && { oneTimeEc: { id: ec.id, publicKey: ec.publicKey } }),
    kyber: kyber ?? lastResort,
    before,
    after: {
      oneTimeEc: before.oneTimeEc - (ec === undefined ? 0 : 1),
      oneTimeKyber: before.oneTimeKyber - (kyber === undefined ? 0 : 1),
    },
  }
}

const NONE: OneTimeCounts = { oneTimeEc: 0, oneTimeKyber: 0 }

function onlyCounts(row: OneTimeCounts | undefined): OneTimeCounts | undefined {
  return row && { oneTimeEc: row.oneTimeEc, oneTimeKyber: row.oneTimeKyber }
}

async function count(query: Query, { account, device }: Mailbox): Promise<OneTimeCounts> {
  const [row] = await query<OneTimeCounts>(COUNT, [account, [device]])
  return onlyCounts(row) ?? NONE
}

async function heldKeys(query: Query, mailbox: Mailbox): Promise<HeldKeys> {
  const { account, device } = mailbox
  const standing = await query<KeyRow & { kind: Standing }>(STANDING, [account, [device]])
  const [sample] = await query<PreKey>(SAMPLE, [account, device])
  const signed = find(standing, device, 'signed')
  const lastResort = find(standing, device, 'last-resort')
  return {
    ...(signed && { signed }),
    ...(lastResort && { lastResort }),
    ...(sample && { sample }),
    ...(await count(query, mailbox)),
  }
}

// --- Storing ---

async function storeKeys(query: Query, mailbox: Mailbox, upload: KeyUpload): Promise<KeysStored> {
  const { account, device } = mailbox
  const [box] = await query<ListedDevice & { replacedBy: Buffer | null }>(LOCK, [account, [device]])
  if (box === undefined) return { outcome: 'no-such-mailbox' }
  const most = Math.max(upload.oneTimeEc.length, upload.oneTimeKyber.length)
  if (upload.replaceOneTime && most > MAX_ONE_TIME_PREKEYS) return { outcome: 'too-many' }
  if (upload.replaceOneTime) await replace(query, mailbox, box.replacedBy, upload)
  const highest = await query<{ kind: OneTime; id: number }>(HIGHEST, [account, device])
  const above = (kind: OneTime) => highest.find((row) => row.kind === kind)?.id ?? 0
  const ec = fresh(upload.oneTimeEc, above('ec'))
  const kyber = fresh(upload.oneTimeKyber, above('kyber'))
  const held = await count(query, mailbox)
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
