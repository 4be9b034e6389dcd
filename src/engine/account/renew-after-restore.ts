// After a database was put back from a copy: nothing that may have been used since is used again [P83].

import type { RegistrationId } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import type { Clock, Random } from '../ports.ts'
import { devicesOf, highestDevice, signDeviceList } from '../signal/device-list.ts'
import type { OwnAccount } from '../signal/own-identity.ts'
import { changeRegistration, readAccount } from '../storage/account.ts'
import { dropOwnGroupSessions } from '../storage/group-outbox.ts'
import { dropAllPreKeys, takeIds } from '../storage/prekeys.ts'
import { dropAllSessions } from '../storage/sessions.ts'
import { randomRegistrationId } from './create.ts'
import { renewSignedPreKeys, replaceAll, stockUp } from './prekeys.ts'

/** Further than the lost time can have come: ids are never used again [P30], nor are versions of the device list. */
const IDS_SKIPPED = 1_000_000
export const VERSIONS_SKIPPED = 1_000

/**
 * Drops every session, and makes prekeys, registration id and device list anew, in one transaction. Go on with the
 * account it returns; the device list and the prekeys are then to be published.
 */
export function renewAfterRestore(deps: { sql: Sql; clock: Clock; random: Random }, before: OwnAccount): OwnAccount {
  const { sql } = deps
  const stored = readAccount(sql)
  if (stored === undefined) throw new Error('there is no account to renew')
  const own = { ...before, registrationId: anotherRegistrationId(deps.random, before.registrationId) }
  const devices = devicesOf(stored.deviceList).map((listed) =>
    listed.device === own.device ? { ...listed, registrationId: own.registrationId } : listed,
  )
  const version = stored.deviceList.version + VERSIONS_SKIPPED
  const list = signDeviceList(own.identity, own.account, version, devices, highestDevice(stored.deviceList))
  const now = deps.clock.now()
  sql.transaction(() => {
    // Set aside, a session would come back with the first message of the other side that it opens, and seal anew with
    // keys that the lost profile has used. Gone, what is under way is asked for again [P70].
    dropAllSessions(sql)
    // Nor is a sender key moved on that the lost profile has moved on: in each group the next message begins another one.
    dropOwnGroupSessions(sql)
    changeRegistration(sql, own.registrationId, list)
    dropAllPreKeys(sql)
    for (const kind of ['one-time', 'signed', 'kyber'] as const) takeIds(sql, kind, IDS_SKIPPED)
    renewSignedPreKeys(sql, own, now)
    stockUp(sql, own, now)
    replaceAll(sql)
  })
  return own
}

function anotherRegistrationId(random: Random, before: RegistrationId): RegistrationId {
  for (;;) {
    const drawn = randomRegistrationId(random)
    if (drawn !== before) return drawn
  }
}
