// How this device says who it is: signed over what the relay just said [P11].

import type { ClientBody } from '../../protocol/frames.ts'
import type { Welcome } from '../../protocol/generated/relay_pb.ts'
import { challengeBytes } from '../../protocol/signed.ts'
import { uuidToBytes } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import type { OwnAccount } from '../signal/own-identity.ts'
import { readAccount } from '../storage/account.ts'
import { readOwnState } from '../storage/own-state.ts'

/** Register until the relay has confirmed the account, or when it has lost it: twice is harmless [P14]. Else Authenticate. */
export function introduce(sql: Sql, own: OwnAccount, welcome: Welcome, again: boolean): ClientBody {
  // The relay's clock, not ours: a wrong clock here must not keep anybody out [P12]; the nonce is what makes it fresh.
  const { timeMs } = welcome
  const identityKey = own.identity.publicKey
  const { device, registrationId } = own
  const challenge = challengeBytes({
    relay: welcome.relay,
    nonce: welcome.nonce,
    account: own.account,
    device,
    registrationId,
    identityKey,
    timeMs,
  })
  const proof = {
    account: uuidToBytes(own.account),
    device,
    registrationId,
    identityKey,
    timeMs,
    signature: own.identity.sign(challenge),
  }
  const stored = readAccount(sql)
  if (stored === undefined) throw new Error('introducing an account that is not stored')
  const deviceList = {
    list: new Uint8Array(stored.deviceList.list),
    signature: new Uint8Array(stored.deviceList.signature),
  }
  const { registered, invitation, listDoubtful } = readOwnState(sql)
  // [P96] Without a list, the relay says no and shows the newest.
  if (registered && !again && listDoubtful) return { case: 'authenticate', value: proof }
  if (registered && !again) return { case: 'authenticate', value: { ...proof, deviceList } }
  return { case: 'register', value: { ...proof, username: stored.username, deviceList, invitation } }
}
