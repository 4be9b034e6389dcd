// Prekeys in SQLite: held up to their number, handed out once.

import { createHash } from 'node:crypto'
import { MAX_ONE_TIME_PREKEYS } from '../../../protocol/limits.ts'
import type { Sql } from '../../../shared/sql.ts'
import type {
  HeldKeys,
  KeyStore,
  KeysStored,
  KeyUpload,
  OneTimeCounts,
  PreKey,
  SignedPreKey,
  TakenBundle,
} from '../../store.ts'
import type { Box, Boxes } from './boxes.ts'
import type { GroupCommit } from './commit.ts'

type Standing = 'signed' | 'last-resort'
type OneTime = 'ec' | 'kyber'

export function createKeys(sql: Sql, commit: GroupCommit, boxes: Boxes): KeyStore {
  function standing(mailbox: number, kind: Standing): SignedPreKey | undefined {
    return sql.get<SignedPreKey>(
      'SELECT id, public_key AS publicKey, signature FROM standing_prekeys WHERE mailbox = ? AND kind = ?',
      [mailbox, kind],
    )
  }

  function setStanding(mailbox: number, kind: Standing, key: SignedPreKey | undefined): void {
    if (key === undefined) return
    sql.run(
      'INSERT OR REPLACE INTO standing_prekeys (mailbox, kind, id, public_key, signature) VALUES (?, ?, ?, ?, ?)',
      [mailbox, kind, key.id, key.publicKey, key.signature],
    )
  }

  function count(mailbox: number): OneTimeCounts {
    const counts = { oneTimeEc: 0, oneTimeKyber: 0 }
    const rows = sql.all<{ kind: OneTime; held: number }>(
      'SELECT kind, count(*) AS held FROM one_time_prekeys WHERE mailbox = ? GROUP BY kind',
      [mailbox],
    )
    for (const { kind, held } of rows) counts[kind === 'ec' ? 'oneTimeEc' : 'oneTimeKyber'] = held
    return counts
  }

  function highest(mailbox: number, kind: OneTime): number {
    const row = sql.get<{ id: number }>('SELECT id FROM highest_prekeys WHERE mailbox = ? AND kind = ?', [
      mailbox,
      kind,
    ])
    return row?.id ?? 0
  }

  /** Those that were not stored before, each id once. */
  function fresh<Key extends PreKey>(mailbox: number, kind: OneTime, keys: readonly Key[]): Key[] {
    const above = highest(mailbox, kind)
    return [...new Map(keys.filter(({ id }) => id > above).map((key) => [key.id, key])).values()]
  }

  function add(mailbox: number, kind: OneTime, keys: readonly (PreKey & { signature?: Uint8Array })[]): void {
    if (keys.length === 0) return
    for (const { id, publicKey, signature } of keys)
      sql.run('INSERT INTO one_time_prekeys (mailbox, kind, id, public_key, signature) VALUES (?, ?, ?, ?, ?)', [
        mailbox,
        kind,
        id,
        publicKey,
        signature ?? null,
      ])
    const last = keys.reduce((most, { id }) => Math.max(most, id), 0)
    sql.run('INSERT OR REPLACE INTO highest_prekeys (mailbox, kind, id) VALUES (?, ?, ?)', [mailbox, kind, last])
  }

  /** Whether this very upload has replaced the one-time prekeys before; if not, it does now. */
  function replace(mailbox: number, upload: KeyUpload): void {
    const digest = digestOf(upload)
    const row = sql.get<{ by: Uint8Array | null }>('SELECT replaced_by AS "by" FROM mailboxes WHERE number = ?', [
      mailbox,
    ])
    if (row?.by && Buffer.from(row.by).equals(digest)) return
    sql.run('DELETE FROM one_time_prekeys WHERE mailbox = ?', [mailbox])
    sql.run('DELETE FROM highest_prekeys WHERE mailbox = ?', [mailbox])
    sql.run('UPDATE mailboxes SET replaced_by = ? WHERE number = ?', [digest, mailbox])
  }

  function store(box: Box, upload: KeyUpload): KeysStored {
    const most = Math.max(upload.oneTimeEc.length, upload.oneTimeKyber.length)
    if (upload.replaceOneTime && most > MAX_ONE_TIME_PREKEYS) return { outcome: 'too-many' }
    if (upload.replaceOneTime) replace(box.number, upload)
    const ec = fresh(box.number, 'ec', upload.oneTimeEc)
    const kyber = fresh(box.number, 'kyber', upload.oneTimeKyber)
    const held = count(box.number)
    if (held.oneTimeEc + ec.length > MAX_ONE_TIME_PREKEYS) return { outcome: 'too-many' }
    if (held.oneTimeKyber + kyber.length > MAX_ONE_TIME_PREKEYS) return { outcome: 'too-many' }
    setStanding(box.number, 'signed', upload.signed)
    setStanding(box.number, 'last-resort', upload.lastResort)
    add(box.number, 'ec', ec)
    add(box.number, 'kyber', kyber)
    return {
      outcome: 'stored',
      oneTimeEc: held.oneTimeEc + ec.length,
      oneTimeKyber: held.oneTimeKyber + kyber.length,
    }
  }

  function takeOldest(mailbox: number, kind: OneTime) {
    return sql.all<PreKey & { signature: Uint8Array | null }>(
      `DELETE FROM one_time_prekeys WHERE mailbox = ? AND kind = ? AND id =
         (SELECT min(id) FROM one_time_prekeys WHERE mailbox = ? AND kind = ?)
       RETURNING id, public_key AS publicKey, signature`,
      [mailbox, kind, mailbox, kind],
    )[0]
  }

  function take({ number, device, registrationId }: Box): TakenBundle | undefined {
    const signed = standing(number, 'signed')
    const lastResort = standing(number, 'last-resort')
    if (signed === undefined || lastResort === undefined) return undefined
    const before = count(number)
    const ec = takeOldest(number, 'ec')
    const kyber = takeOldest(number, 'kyber')
    return {
      device,
      registrationId,
      signed,
      ...(ec && { oneTimeEc: { id: ec.id, publicKey: ec.publicKey } }),
      kyber: kyber?.signature ? { ...kyber, signature: kyber.signature } : lastResort,
      before,
      after: {
        oneTimeEc: before.oneTimeEc - (ec === undefined ? 0 : 1),
        oneTimeKyber: before.oneTimeKyber - (kyber === undefined ? 0 : 1),
      },
    }
  }

  function held(number: number): HeldKeys {
    const signed = standing(number, 'signed')
    const lastResort = standing(number, 'last-resort')
    const sample = sql.get<PreKey>(
      `SELECT id, public_key AS publicKey FROM one_time_prekeys WHERE mailbox = ? AND kind = 'ec' ORDER BY id LIMIT 1`,
      [number],
    )
    return { ...(signed && { signed }), ...(lastResort && { lastResort }), ...(sample && { sample }), ...count(number) }
  }

  return {
    heldKeys: async (mailbox) => {
      const box = boxes.of(mailbox)
      return box === undefined ? { oneTimeEc: 0, oneTimeKyber: 0 } : held(box.number)
    },
    storeKeys: (mailbox, upload) =>
      commit.write('keys', () => {
        const box = boxes.of(mailbox)
        return box === undefined ? { outcome: 'no-such-mailbox' } : store(box, upload)
      }),
    takeKeys: (account, devices) =>
      commit.write('take', () =>
        (boxes.ofAccount(account)?.boxes ?? [])
          .filter(({ device }) => devices.includes(device))
          .map(take)
          .filter((bundle) => bundle !== undefined),
      ),
  }
}

function digestOf({ oneTimeEc, oneTimeKyber }: KeyUpload): Buffer {
  const hash = createHash('sha256')
  for (const { id, publicKey } of [...oneTimeEc, ...oneTimeKyber])
    hash.update(`${id} ${publicKey.length} `).update(publicKey)
  return hash.digest()
}
