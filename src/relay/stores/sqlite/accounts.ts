// Accounts, usernames, device lists and invitations in SQLite.

import type { AccountId, Instant, Username } from '../../../shared/ids.ts'
import type { Sql, SqlValue } from '../../../shared/sql.ts'
import type { Account, AccountStore, DeviceList, IdentityReplacement, NewAccount, Registration } from '../../store.ts'
import type { Boxes } from './boxes.ts'
import type { GroupCommit } from './commit.ts'
import type { Submissions } from './submissions.ts'

interface AccountRow {
  account: AccountId
  username: Username
  identityKey: Uint8Array
  registeredAt: Instant
  disabledAt: Instant | null
  list: Uint8Array
  signature: Uint8Array
  version: number
  formerKey: Uint8Array | null
  replacement: Uint8Array | null
}

const SELECT_ACCOUNT = `SELECT account, username, identity_key AS identityKey, registered_at AS registeredAt,
  disabled_at AS disabledAt, list, list_signature AS signature, list_version AS version, former_key AS formerKey, replacement FROM accounts`

export function createAccounts(
  sql: Sql,
  commit: GroupCommit,
  boxes: Boxes,
  submissions: Pick<Submissions, 'sortIn'>,
): AccountStore {
  function find(where: 'account' | 'username', value: SqlValue): AccountRow | undefined {
    return sql.get<AccountRow>(`${SELECT_ACCOUNT} WHERE ${where} = ?`, [value])
  }

  function whole(row: AccountRow | undefined): Account | undefined {
    if (row === undefined) return undefined
    const { list, signature, version, disabledAt, formerKey, replacement, ...account } = row
    const devices = boxes.ofAccount(account.account)?.boxes ?? []
    const deviceList = { list, signature, version, devices }
    return {
      ...account,
      deviceList,
      ...(disabledAt !== null && { disabledAt }),
      ...(formerKey !== null && replacement !== null && { replaced: { formerKey, statement: replacement } }),
    }
  }

  function register(fresh: NewAccount, at: Instant, invitation: Uint8Array | undefined): Registration {
    const known = find('account', fresh.account)
    if (known !== undefined) {
      if (!equal(known.identityKey, fresh.identityKey)) return 'identity-mismatch'
      return known.username === fresh.username ? 'again' : 'account-exists'
    }
    const namesake = find('username', fresh.username)
    if (namesake !== undefined)
      return equal(namesake.identityKey, fresh.identityKey) ? 'account-exists' : 'username-taken'
    if (invitation !== undefined && sql.run('DELETE FROM invitations WHERE digest = ?', [invitation]) === 0)
      return 'invitation-needed'
    const { list, signature, version } = fresh.deviceList
    sql.run(
      `INSERT INTO accounts (account, username, identity_key, registered_at, list, list_signature, list_version)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      [fresh.account, fresh.username, fresh.identityKey, at, list, signature, version],
    )
    setMailboxes(fresh.account, fresh.deviceList)
    return 'registered'
  }

  function replaceDeviceList(account: AccountId, deviceList: DeviceList) {
    const known = find('account', account)
    if (known === undefined) return 'no-such-account'
    if (deviceList.version <= known.version) return 'not-newer'
    sql.run('UPDATE accounts SET list = ?, list_signature = ?, list_version = ? WHERE account = ?', [
      deviceList.list,
      deviceList.signature,
      deviceList.version,
      account,
    ])
    setMailboxes(account, deviceList)
    return 'replaced'
  }

  function replaceIdentity(account: AccountId, { formerKey, identityKey, ...more }: IdentityReplacement) {
    const known = find('account', account)
    if (known === undefined) return 'no-such-account'
    if (!equal(known.identityKey, formerKey)) return 'identity-mismatch'
    const replaced = replaceDeviceList(account, more.deviceList)
    if (replaced !== 'replaced') return replaced
    sql.run('UPDATE accounts SET identity_key = ?, former_key = ?, replacement = ? WHERE account = ?', [
      identityKey,
      formerKey,
      more.statement,
      account,
    ])
    for (const { number, device } of boxes.ofAccount(account)?.boxes ?? []) {
      sql.run('DELETE FROM standing_prekeys WHERE mailbox = ?', [number])
      sql.run("DELETE FROM one_time_prekeys WHERE mailbox = ? AND kind = 'kyber'", [number])
      const keys = more.standing.find((one) => one.device === device)
      if (keys === undefined) continue
      for (const [kind, key] of [['signed', keys.signed] as const, ['last-resort', keys.lastResort] as const])
        sql.run('INSERT INTO standing_prekeys (mailbox, kind, id, public_key, signature) VALUES (?, ?, ?, ?, ?)', [
          number,
          kind,
          key.id,
          key.publicKey,
          key.signature,
        ])
    }
    return 'replaced'
  }

  function setMailboxes(account: AccountId, { devices }: DeviceList): void {
    const owner = boxes.ofAccount(account)
    if (owner === undefined) throw new Error('an account without row')
    boxes.forget(account)
    const listed = new Map(devices.map(({ device, registrationId }) => [device, registrationId]))
    for (const box of owner.boxes) {
      if (!listed.has(box.device)) boxes.discard(box)
      else if (listed.get(box.device) !== box.registrationId) forgetKeys(box.number)
    }
    for (const [device, registrationId] of listed)
      sql.run(
        `INSERT INTO mailboxes (account, device, registration_id) VALUES (?, ?, ?)
         ON CONFLICT (account, device) DO UPDATE SET registration_id = excluded.registration_id`,
        [owner.number, device, registrationId],
      )
  }

  function forgetKeys(mailbox: number): void {
    for (const table of ['standing_prekeys', 'one_time_prekeys', 'highest_prekeys'])
      sql.run(`DELETE FROM ${table} WHERE mailbox = ?`, [mailbox])
    sql.run('UPDATE mailboxes SET replaced_by = NULL WHERE number = ?', [mailbox])
  }

  return {
    register: (account, at, invitation) => commit.write('register', () => register(account, at, invitation)),
    findAccount: async (account) => whole(find('account', account)),
    findUsername: async (username) => whole(find('username', username)),
    replaceDeviceList: (account, list) => commit.write('devices', () => replaceDeviceList(account, list)),
    replaceIdentity: (account, replacement) => commit.write('devices', () => replaceIdentity(account, replacement)),
    eraseAccount: (account) =>
      commit.write('erase', () => {
        submissions.sortIn()
        for (const box of boxes.ofAccount(account)?.boxes ?? []) boxes.discard(box)
        boxes.forget(account)
        sql.run('DELETE FROM accounts WHERE account = ?', [account])
      }),
    addInvitation: (digest, at) =>
      commit.write('invite', () => {
        sql.run('INSERT OR IGNORE INTO invitations (digest, made_at) VALUES (?, ?)', [digest, at])
      }),
    accountsAfter: async (account, limit) =>
      sql
        .all<{ account: AccountId }>('SELECT account FROM accounts WHERE account > ? ORDER BY account LIMIT ?', [
          account ?? '',
          limit,
        ])
        .map((row) => row.account),
  }
}

/** Of public keys: how long it takes tells nothing. */
function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
