// Usernames and invitations: claimed before the account is there and settled after, because each has a key of its own and
// no commit spans two keys [S1].
//
// A relay that is killed in between leaves a claim. Registering again goes on from it; and when it is old and nothing
// came of it, somebody else may take it over. Whoever was only slow then finds it gone when settling, and gives way.
// One that is killed while it erases an account leaves a settled name of nobody, which anybody may take over at once.

import type { AccountId, Instant, Username } from '../../../shared/ids.ts'
import type { Query } from './connect.ts'

/** In milliseconds. */
const CLAIM_LASTS = 10 * 60_000

export interface Claimant {
  account: AccountId
  username: Username
  identityKey: Uint8Array
}

export interface Holder {
  account: AccountId
  identityKey: Buffer
  claimedAt: Instant
  settled: boolean
}

export interface Names {
  /** Undefined: it is the claimant's now. Otherwise whoever holds it. */
  claim(claimant: Claimant, at: Instant): Promise<Holder | undefined>
  /** Whether it is still the account's. It then is for good. */
  settle(username: Username, account: AccountId): Promise<boolean>
  /** If it is the account's. */
  release(username: Username, account: AccountId): Promise<void>
  /** Who holds it, settled or not. */
  holder(username: Username): Promise<AccountId | undefined>
}

const CLAIM = {
  name: 'claim-name',
  text: `INSERT INTO usernames (username, account, identity_key, claimed_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (username) DO NOTHING RETURNING true AS claimed`,
}
const HOLDER = {
  name: 'name-holder',
  text: `SELECT account, identity_key AS "identityKey", claimed_at AS "claimedAt", settled
    FROM usernames WHERE username = $1`,
}
const CLAIM_AGAIN = {
  name: 'claim-name-again',
  text: `UPDATE usernames SET identity_key = $3, claimed_at = $4, settled = false
    WHERE username = $1 AND account = $2 RETURNING true AS claimed`,
}
/** Unless its holder, who looked gone, has claimed it again. */
const TAKE_OVER = {
  name: 'take-over-name',
  text: `UPDATE usernames SET account = $2, identity_key = $3, claimed_at = $4, settled = false
    WHERE username = $1 AND account = $5 AND claimed_at = $6 AND settled = $7 RETURNING true AS claimed`,
}
const SETTLE = {
  name: 'settle-name',
  text: 'UPDATE usernames SET settled = true WHERE username = $1 AND account = $2 RETURNING true AS settled',
}
const RELEASE = { name: 'release-name', text: 'DELETE FROM usernames WHERE username = $1 AND account = $2' }

/** `exists`: whether the account of a claim is there. */
export function createNames(query: Query, exists: (account: AccountId) => Promise<boolean>): Names {
  async function holder(username: Username): Promise<Holder | undefined> {
    return (await query<Holder>(HOLDER, [username]))[0]
  }

  async function claim(claimant: Claimant, at: Instant): Promise<Holder | undefined> {
    const values = [claimant.username, claimant.account, claimant.identityKey, at]
    if ((await query(CLAIM, values)).length > 0) return undefined
    const held = await holder(claimant.username)
    // Released just now.
    if (held === undefined) return claim(claimant, at)
    const { account, claimedAt, settled } = held
    if (account === claimant.account)
      return (await query(CLAIM_AGAIN, values)).length > 0 ? undefined : claim(claimant, at)
    const isAbandoned = (settled || at - claimedAt > CLAIM_LASTS) && !(await exists(account))
    if (isAbandoned && (await query(TAKE_OVER, [...values, account, claimedAt, settled])).length > 0) return undefined
    return held
  }

  return {
    claim,
    settle: async (username, account) => (await query(SETTLE, [username, account])).length > 0,
    release: async (username, account) => {
      await query(RELEASE, [username, account])
    },
    holder: async (username) => (await holder(username))?.account,
  }
}

// --- Invitations ---

const INVITE = {
  name: 'invite',
  text: 'INSERT INTO invitations (digest, made_at) VALUES ($1, $2) ON CONFLICT DO NOTHING',
}
const SPEND = {
  name: 'spend-invitation',
  text: `UPDATE invitations SET used_by = $2 WHERE digest = $1 AND (used_by IS NULL OR used_by = $2)
    RETURNING true AS used`,
}
const FORGET_USED = {
  name: 'forget-invitation',
  text: 'DELETE FROM invitations WHERE digest = $1 AND used_by = $2',
}

export interface Invitations {
  add(digest: Uint8Array, at: Instant): Promise<void>
  /** Whether it was there for this account: again, too, until it is forgotten. */
  spend(digest: Uint8Array, account: AccountId): Promise<boolean>
  forget(digest: Uint8Array, account: AccountId): Promise<void>
}

export function createInvitations(query: Query): Invitations {
  return {
    add: async (digest, at) => {
      await query(INVITE, [digest, at])
    },
    spend: async (digest, account) => (await query(SPEND, [digest, account])).length > 0,
    forget: async (digest, account) => {
      await query(FORGET_USED, [digest, account])
    },
  }
}
