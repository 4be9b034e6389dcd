// What seeing somebody's identity key means: first sight, the same as ever, or another one [P20].

import type { AccountId, Instant } from '../../shared/ids.ts'
import type { PinnedIdentity } from '../storage/identities.ts'
import { sameBytes } from './bytes.ts'
import type { GatheredKeys } from './gathered-keys.ts'

/** new: pinned now. changed: replaced, and marked until the person has looked; the key before is kept. */
export function observeIdentity(
  keys: GatheredKeys,
  account: AccountId,
  pinned: PinnedIdentity | undefined,
  key: Uint8Array,
  now: Instant,
): 'known' | 'new' | 'changed' {
  if (pinned === undefined) {
    keys.putIdentity(account, {
      key,
      firstSeen: now,
      verifiedAt: null,
      changedAt: null,
      wasVerified: false,
      previousKey: null,
    })
    return 'new'
  }
  if (sameBytes(pinned.key, key)) return 'known'
  keys.putIdentity(account, {
    key,
    firstSeen: pinned.firstSeen,
    verifiedAt: null,
    changedAt: now,
    // A second change before anybody looked does not make the person forget that they had verified.
    wasVerified: pinned.verifiedAt !== null || (pinned.changedAt !== null && pinned.wasVerified),
    previousKey: pinned.key,
  })
  return 'changed'
}
