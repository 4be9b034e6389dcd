// Accounts and device lists in PostgreSQL.

import type { AccountId, Instant, Username } from '../../../shared/ids.ts'
import type {
  Account,
  AccountStore,
  DeviceList,
  IdentityReplacement,
  ListedDevice,
  NewAccount,
  Registration,
} from '../../store.ts'
import type { Postgres, Query, Statement } from './connect.ts'
import { createInvitations, createNames } from './names.ts'

type AccountRow = ListedDevice & {
  username: Username
  identityKey: Buffer
  registeredAt: Instant
  disabledAt: Instant | null
  list: Buffer
  signature: Buffer
  version: number
  formerKey: Buffer | null
  replacement: Buffer | null
}

/** With a row for each device. */
const FIND = {
  name: 'find-account',
  text: `SELECT a.username, a.identity_key AS "identityKey", a.registered_at AS "registeredAt",
      a.disabled_at AS "disabledAt", a.list, a.list_signature AS signature, a.list_version AS version,
      a.former_key AS "formerKey", a.replacement, m.device, m.registration_id AS "registrationId"
    FROM accounts a JOIN mailboxes m ON m.account = a.account
    WHERE a.account = $1 ORDER BY m.device`,
}
const ADD = {
  name: 'add-account',
  text: `INSERT INTO accounts (account, username, identity_key, registered_at, list, list_signature, list_version)
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account) DO NOTHING RETURNING true AS added`,
}
const LOCK = {
  name: 'lock-account',
  text: 'SELECT list_version AS version, username, identity_key AS "identityKey" FROM accounts WHERE account = $1 FOR UPDATE',
}
const REPLACE_LIST = {
  name: 'replace-list',
  text: 'UPDATE accounts SET list = $2, list_signature = $3, list_version = $4 WHERE account = $1',
}
const REPLACE_KEY = {
  name: 'replace-key',
  text: 'UPDATE accounts SET identity_key = $2, former_key = $3, replacement = $4 WHERE account = $1',
}
/** One-time EC prekeys have no signature, and stay. */
const FORGET_SIGNED_KEYS = [
  { name: 'forget-standing-keys', text: 'DELETE FROM standing_prekeys WHERE account = $1' },
  { name: 'forget-kyber-keys', text: "DELETE FROM one_time_prekeys WHERE account = $1 AND kind = 'kyber'" },
]
const ADD_STANDING = {
  name: 'add-standing-key',
  text: `INSERT INTO standing_prekeys (account, device, kind, id, public_key, signature) VALUES ($1, $2, $3, $4, $5, $6)`,
}
const LOCK_BOXES = {
  name: 'lock-boxes',
  text: `SELECT device, registration_id AS "registrationId" FROM mailboxes
    WHERE account = $1 ORDER BY device FOR UPDATE`,
}
const SET_BOXES = {
  name: 'set-boxes',
  text: `INSERT INTO mailboxes (account, device, registration_id, list_version)
    SELECT $1, device, registration_id, $4 FROM unnest($2::smallint[], $3::integer[]) AS listed (device, registration_id)
    ORDER BY device
    ON CONFLICT (account, device)
    DO UPDATE SET registration_id = excluded.registration_id, list_version = excluded.list_version`,
}
const FORGET_REPLACEMENT = {
  name: 'forget-replacement',
  text: 'UPDATE mailboxes SET replaced_by = NULL WHERE account = $1 AND device = ANY ($2::smallint[])',
}
const AFTER = {
  name: 'accounts-after',
  text: 'SELECT account FROM accounts WHERE account > $1 ORDER BY account LIMIT $2',
}
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000'

const KEY_TABLES = ['standing_prekeys', 'one_time_prekeys', 'highest_prekeys']
const forgetDevices = (table: string): Statement => ({
  name: `forget-devices-${table}`,
  text: `DELETE FROM ${table} WHERE account = $1 AND device = ANY ($2::smallint[])`,
})
const FORGET_KEYS = KEY_TABLES.map(forgetDevices)
const FORGET_BOXES = ['mailboxes', 'envelopes'].map(forgetDevices)
/** Mailboxes first: whoever is putting something in finishes, and nobody begins. */
const ERASE = [
  'mailboxes',
  'envelopes',
  'submissions',
  ...KEY_TABLES,
  'blobs',
  'scheduled',
  'scheduled_envelopes',
  'accounts',
].map((table) => ({
  name: `erase-${table}`,
  text: `DELETE FROM ${table} WHERE account = $1`,
}))

export function createAccounts({ query, transaction }: Postgres): AccountStore {
  const names = createNames(query, async (account) => (await findAccount(account)) !== undefined)
  const invitations = createInvitations(query)

  async function findAccount(account: AccountId): Promise<Account | undefined> {
    const rows = await query<AccountRow>(FIND, [account])
    const [first] = rows
    if (first === undefined) return undefined
    const { username, identityKey, registeredAt, disabledAt, list, signature, version, formerKey, replacement } = first
    const devices = rows.map(({ device, registrationId }) => ({ device, registrationId }))
    const deviceList = { list, signature, version, devices }
    const found = { account, username, identityKey, registeredAt, deviceList }
    return {
      ...found,
      ...(disabledAt !== null && { disabledAt }),
      ...(formerKey !== null && replacement !== null && { replaced: { formerKey, statement: replacement } }),
    }
  }

  async function register(fresh: NewAccount, at: Instant, invitation?: Uint8Array): Promise<Registration> {
    const { account, username, identityKey } = fresh
    const known = await findAccount(account)
    if (known !== undefined) return registeredBefore(known, fresh)
    const holder = await names.claim(fresh, at)
    if (holder !== undefined) return holder.identityKey.equals(identityKey) ? 'account-exists' : 'username-taken'
    if (invitation !== undefined && !(await invitations.spend(invitation, account))) {
      // Asked for twice at once, the first was quicker and has used it up.
      const quicker = await findAccount(account)
      if (quicker !== undefined) return registeredBefore(quicker, fresh)
      await names.release(username, account)
      return 'invitation-needed'
    }
    if (!(await add(fresh, at))) {
      const other = await findAccount(account)
      if (other !== undefined && other.username !== username) await names.release(username, account)
      return other === undefined ? 'account-exists' : registeredBefore(other, fresh)
    }
    if (invitation !== undefined) await invitations.forget(invitation, account)
    return settled(fresh, 'registered')
  }

  async function registeredBefore(known: Account, fresh: NewAccount): Promise<Registration> {
    if (!Buffer.from(known.identityKey).equals(fresh.identityKey)) return 'identity-mismatch'
    return known.username === fresh.username ? settled(fresh, 'again') : 'account-exists'
  }

  /** Whoever was so slow that the name was taken over has no account without a name. */
  async function settled({ account, username }: NewAccount, outcome: Registration): Promise<Registration> {
    if (await names.settle(username, account)) return outcome
    await transaction('erase', (inside) => erase(inside, account))
    return 'username-taken'
  }

  function add({ account, username, identityKey, deviceList }: NewAccount, at: Instant): Promise<boolean> {
    return transaction('register', async (inside) => {
      const { list, signature, version } = deviceList
      const added = await inside(ADD, [account, username, identityKey, at, list, signature, version])
      if (added.length > 0) await setMailboxes(inside, account, deviceList)
      return added.length > 0
    })
  }

  function replaceDeviceList(account: AccountId, deviceList: DeviceList) {
    return transaction('devices', async (inside) => {
      const [known] = await inside<{ version: number }>(LOCK, [account])
      if (known === undefined) return 'no-such-account'
      if (deviceList.version <= known.version) return 'not-newer'
      await inside(REPLACE_LIST, [account, deviceList.list, deviceList.signature, deviceList.version])
      await setMailboxes(inside, account, deviceList)
      return 'replaced'
    })
  }

  function replaceIdentity(account: AccountId, { formerKey, identityKey, ...more }: IdentityReplacement) {
    const { list, signature, version } = more.deviceList
    return transaction('devices', async (inside) => {
      const [known] = await inside<{ version: number; identityKey: Buffer }>(LOCK, [account])
      if (known === undefined) return 'no-such-account'
      if (!known.identityKey.equals(formerKey)) return 'identity-mismatch'
      if (version <= known.version) return 'not-newer'
      await inside(REPLACE_LIST, [account, list, signature, version])
      await inside(REPLACE_KEY, [account, identityKey, formerKey, more.statement])
      await setMailboxes(inside, account, more.deviceList)
      for (const forget of FORGET_SIGNED_KEYS) await inside(forget, [account])
      for (const { device, signed, lastResort } of more.standing) {
        await inside(ADD_STANDING, [account, device, 'signed', signed.id, signed.publicKey, signed.signature])
        await inside(ADD_STANDING, [
          account,
          device,
          'last-resort',
          lastResort.id,
          lastResort.publicKey,
          lastResort.signature,
        ])
      }
      return 'replaced'
    })
  }

  async function setMailboxes(inside: Query, account: AccountId, { devices, version }: DeviceList): Promise<void> {
    const boxes = await inside<ListedDevice>(LOCK_BOXES, [account])
    const listed = new Map(devices.map(({ device, registrationId }) => [device, registrationId]))
    const gone = boxes.filter(({ device }) => !listed.has(device)).map(({ device }) => device)
    const changed = boxes
      .filter(({ device, registrationId }) => listed.has(device) && listed.get(device) !== registrationId)
      .map(({ device }) => device)
    if (gone.length > 0) for (const forget of FORGET_BOXES) await inside(forget, [account, gone])
    if (gone.length + changed.length > 0)
      for (const forget of FORGET_KEYS) await inside(forget, [account, [...gone, ...changed]])
    if (changed.length > 0) await inside(FORGET_REPLACEMENT, [account, changed])
    await inside(SET_BOXES, [account, [...listed.keys()], [...listed.values()], version])
  }

  return {
    register,
    findAccount,
    findUsername: async (username) => {
      const holder = await names.holder(username)
      const account = holder && (await findAccount(holder))
      return account?.username === username ? account : undefined
    },
    replaceDeviceList,
    replaceIdentity,
    eraseAccount: async (account) => {
      const username = await transaction('erase', (inside) => erase(inside, account))
      if (username !== undefined) await names.release(username, account)
    },
    addInvitation: invitations.add,
    accountsAfter: async (account, limit) =>
      (await query<{ account: AccountId }>(AFTER, [account ?? BEFORE_ALL, limit])).map((row) => row.account),
  }
}

/** The name it went by. */
async function erase(inside: Query, account: AccountId): Promise<Username | undefined> {
  const [known] = await inside<{ username: Username }>(LOCK, [account])
  await inside(LOCK_BOXES, [account])
  for (const statement of ERASE) await inside(statement, [account])
  return known?.username
}
