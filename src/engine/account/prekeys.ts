// The stock of prekeys: what the relay is told, what it gets when it lacks some, and when they are renewed [P30]–[P38].
//
// A one-time prekey is noted as gone in the transaction that readies it for the wire, so it never leaves twice, whatever
// is lost on the way: the relay asks for others instead.

import { create } from '@bufbuild/protobuf'
import {
  type KeysNeeded,
  KyberPreKeySchema,
  SignedEcPreKeySchema,
  type UploadKeys,
  UploadKeysSchema,
} from '../../protocol/generated/relay_pb.ts'
import { MAX_ONE_TIME_PREKEYS, PREKEY_RENEWAL, PREKEY_RETENTION, PREKEYS_A_FRAME } from '../../protocol/limits.ts'
import type { Instant } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import type { Clock } from '../ports.ts'
import {
  makeKyberPreKey,
  makeOneTimePreKey,
  makeSignedPreKey,
  publicKyberPreKey,
  publicOneTimePreKey,
  publicSignedPreKey,
} from '../signal/make-prekeys.ts'
import type { OwnAccount } from '../signal/own-identity.ts'
import {
  addOneTimePreKeys,
  type CurrentPreKey,
  currentLastResortPreKey,
  currentSignedPreKey,
  dropReplacedPreKeys,
  mustReplaceOneTime,
  noteOneTimePreKeysLeft,
  type OneTimeKind,
  oneTimePreKeysAtHome,
  pruneOneTimePreKeys,
  replaceSignedPreKeys,
  type StoredPreKey,
  setMustReplaceOneTime,
  takeIds,
} from '../storage/prekeys.ts'

/** Private halves of one-time prekeys kept of those that left: ten times what the relay holds. */
const ONE_TIME_KEPT = 10 * MAX_ONE_TIME_PREKEYS

/** [P31] For AnnounceKeys, at every connect. */
export function announcement(sql: Sql, own: OwnAccount) {
  const { signed, lastResort } = currentPreKeys(sql)
  return { identityKey: own.identity.publicKey, signedPrekey: signed.id, lastResortPrekey: lastResort.id }
}

/**
 * The UploadKeys frames for what the relay lacks, in the order to send them, each after the answer to the one before.
 * What had to be made is committed when this returns. Empty: nothing to send.
 */
export function readyUploads(deps: { sql: Sql; clock: Clock }, own: OwnAccount, needed: KeysNeeded): UploadKeys[] {
  return deps.sql.transaction(() => {
    const { signed, lastResort } = currentPreKeys(deps.sql)
    const replace = mustReplaceOneTime(deps.sql)
    const now = deps.clock.now()
    const ec = send(deps.sql, own, 'ec', replace ? MAX_ONE_TIME_PREKEYS : needed.oneTimeEc, now)
    const kyber = send(deps.sql, own, 'kyber', replace ? MAX_ONE_TIME_PREKEYS : needed.oneTimeKyber, now)
    pruneOneTimePreKeys(deps.sql, ONE_TIME_KEPT)
    const { publicKey: identityKey } = own.identity
    const uploads: UploadKeys[] = []
    for (let at = 0; at < Math.max(ec.length, kyber.length); at += PREKEYS_A_FRAME) {
      const oneTimeEc = ec.slice(at, at + PREKEYS_A_FRAME).map(publicOneTimePreKey)
      const oneTimeKyber = kyber.slice(at, at + PREKEYS_A_FRAME).map(publicKyberPreKey)
      uploads.push(create(UploadKeysSchema, { identityKey, oneTimeEc, oneTimeKyber }))
    }
    if (uploads.length === 0 && (needed.signedPrekey || needed.lastResortPrekey)) {
      uploads.push(create(UploadKeysSchema, { identityKey }))
    }
    const [first] = uploads
    if (first === undefined) return uploads
    if (replace) first.replaceOneTime = true
    if (replace || needed.signedPrekey) first.signedPrekey = create(SignedEcPreKeySchema, publicSignedPreKey(signed))
    if (replace || needed.lastResortPrekey)
      first.lastResortPrekey = create(KyberPreKeySchema, publicKyberPreKey(lastResort))
    return uploads
  })
}

/** The relay took all the frames of one readyUploads(). */
export function noteUploaded(sql: Sql): void {
  setMustReplaceOneTime(sql, false)
}

/**
 * The relay is to forget the one-time prekeys it holds: it hands out such as are not ours any more. The next
 * readyUploads() brings all anew.
 */
export function replaceAll(sql: Sql): void {
  setMustReplaceOneTime(sql, true)
}

/** [P38] True: there are new ones, to be announced. A clock that was set back far makes them due as well. */
export function renewIfDue(deps: { sql: Sql; clock: Clock }, own: OwnAccount): boolean {
  const now = deps.clock.now()
  return deps.sql.transaction(() => {
    dropReplacedPreKeys(deps.sql, now - PREKEY_RETENTION)
    const { signed } = currentPreKeys(deps.sql)
    if (Math.abs(now - signed.created) < PREKEY_RENEWAL) return false
    renewSignedPreKeys(deps.sql, own, now)
    return true
  })
}

/** A new signed and a new last-resort prekey. Inside a transaction. */
export function renewSignedPreKeys(sql: Sql, own: OwnAccount, now: Instant): void {
  const signed = makeSignedPreKey(takeIds(sql, 'signed', 1), own.identity, now)
  const lastResort = makeKyberPreKey(takeIds(sql, 'kyber', 1), own.identity, now)
  replaceSignedPreKeys(sql, signed, lastResort, now)
}

/** As many one-time prekeys of each kind at home as the relay takes. Inside a transaction. */
export function stockUp(sql: Sql, own: OwnAccount, now: Instant): void {
  atHome(sql, own, 'ec', MAX_ONE_TIME_PREKEYS, now)
  atHome(sql, own, 'kyber', MAX_ONE_TIME_PREKEYS, now)
}

function currentPreKeys(sql: Sql): { signed: CurrentPreKey; lastResort: CurrentPreKey } {
  const signed = currentSignedPreKey(sql)
  const lastResort = currentLastResortPreKey(sql)
  if (signed === undefined || lastResort === undefined) throw new Error('the account has no signed prekeys')
  return { signed, lastResort }
}

/** Whatever the relay says, no more than it may hold. */
function send(sql: Sql, own: OwnAccount, kind: OneTimeKind, needed: number, now: Instant): StoredPreKey[] {
  const prekeys = atHome(sql, own, kind, Math.min(needed, MAX_ONE_TIME_PREKEYS), now)
  const last = prekeys.at(-1)
  if (last !== undefined) noteOneTimePreKeysLeft(sql, kind, last.id)
  return prekeys
}

/** So many prekeys that have not left yet, made if need be. */
function atHome(sql: Sql, own: OwnAccount, kind: OneTimeKind, count: number, now: Instant): StoredPreKey[] {
  const there = oneTimePreKeysAtHome(sql, kind, count)
  const missing = count - there.length
  if (missing === 0) return there
  const first = takeIds(sql, kind === 'ec' ? 'one-time' : 'kyber', missing)
  const made = Array.from({ length: missing }, (_, index) =>
    kind === 'ec' ? makeOneTimePreKey(first + index) : makeKyberPreKey(first + index, own.identity, now),
  )
  addOneTimePreKeys(sql, kind, made, now)
  return [...there, ...made]
}
