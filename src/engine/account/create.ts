// A new account: an identity, a device, and the first prekeys, all made here and committed before anyone hears of them.

import { AccountId, DeviceId, RegistrationId, type Username } from '../../shared/ids.ts'
import type { RelayPlace } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'
import type { Clock, Random } from '../ports.ts'
import { signDeviceList } from '../signal/device-list.ts'
import { type OwnAccount, OwnIdentity } from '../signal/own-identity.ts'
import { insertAccount, readAccount } from '../storage/account.ts'
import { renewSignedPreKeys, stockUp } from './prekeys.ts'

export interface NewAccount {
  username: Username
  name: string
  relay: RelayPlace
}

/** Throws if there is an account already: who calls this has looked. */
export function createAccount(deps: { sql: Sql; clock: Clock; random: Random }, wish: NewAccount): OwnAccount {
  const now = deps.clock.now()
  const own: OwnAccount = {
    account: AccountId.parse(deps.random.uuid()),
    device: DeviceId.parse(1),
    registrationId: randomRegistrationId(deps.random),
    identity: OwnIdentity.generate(),
  }
  const device = { device: own.device, registrationId: own.registrationId, addedAt: now }
  deps.sql.transaction(() => {
    insertAccount(deps.sql, {
      account: own.account,
      device: own.device,
      registrationId: own.registrationId,
      identity: own.identity.record(),
      deviceList: signDeviceList(own.identity, own.account, 1, [device]),
      profileVersion: 1,
      created: now,
      ...wish,
    })
    renewSignedPreKeys(deps.sql, own, now)
    stockUp(deps.sql, own, now)
  })
  return own
}

/** The account of this database, or undefined before it was created. */
export function openAccount(sql: Sql): OwnAccount | undefined {
  const stored = readAccount(sql)
  return (
    stored && {
      account: stored.account,
      device: stored.device,
      registrationId: stored.registrationId,
      identity: OwnIdentity.fromRecord(stored.identity),
    }
  )
}

export function randomRegistrationId(random: Random): RegistrationId {
  for (;;) {
    const [high = 0, low = 0] = random.bytes(2)
    const drawn = RegistrationId.safeParse(((high & 0x3f) << 8) | low)
    if (drawn.success) return drawn.data
  }
}
