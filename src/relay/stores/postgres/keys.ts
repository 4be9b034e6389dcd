// Prekeys in PostgreSQL: held up to their number, handed out once. Whoever changes a device's keys holds the lock of its
// mailbox; what is read after taking it is what was left by whoever held it before.

import type { DeviceId } from '../../../shared/ids.ts'
import type { HeldKeys, KeyStore, ListedDevice, Mailbox, PreKey, SignedPreKey, TakenBundle } from '../../store.ts'
import type { Postgres, Query } from './connect.ts'
import { countKeys, countOf, type KeyCount, lockKeys, type OneTime, type Standing } from './key-rows.ts'
import { storeKeys } from './store-keys.ts'

type KeyRow = PreKey & { device: DeviceId; signature: Buffer | null }

const STANDING = {
  name: 'standing-keys',
  text: `SELECT device, kind, id, public_key AS "publicKey", signature FROM standing_prekeys
    WHERE account = $1 AND device = ANY ($2::smallint[])`,
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
        const boxes = await lockKeys(inside, account, devices)
        const standing = await inside<KeyRow & { kind: Standing }>(STANDING, [account, devices])
        const ready = boxes.filter(
          ({ device }) => find(standing, device, 'signed') && find(standing, device, 'last-resort'),
        )
        const asked = ready.map(({ device }) => device)
        const counts = await countKeys(inside, account, asked)
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
  counts: readonly KeyCount[],
  taken: readonly (KeyRow & { kind: OneTime })[],
): TakenBundle | undefined {
  const signed = find(standing, device, 'signed')
  const lastResort = find(standing, device, 'last-resort')
  if (signed === undefined || lastResort === undefined) return undefined
  const before = countOf(counts, device)
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
    ...countOf(await countKeys(query, account, [device]), device),
  }
}
