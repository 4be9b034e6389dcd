// Usernames and invitations: claimed before the account is there and settled after, because each has a key of its own and
// no commit spans two keys [S1].
//
// A relay that is killed in between leaves a claim. Registering again goes on from it; and when it is old and nothing
// came of it, somebody else may take it over. Whoever was only slow then finds it gone when settling, and gives way.

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
const TAKE_OVER = {
  name: 'take-over-name',
  text: `UPDATE usernames SET account = $2, identity_key = $3, claimed_at = $4
    WHERE username = $1 AND account = $5 AND NOT settled RETURNING true AS claimed`,
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
    if (held.account === claimant.account) return undefined
    const abandoned = !held.settled && at - held.claimedAt > CLAIM_LASTS && !(await exists(held.account))
    if (abandoned && (await query(TAKE_OVER, [...values, held.account])).length > 0) return undefined
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
