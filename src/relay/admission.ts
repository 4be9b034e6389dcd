// Whether a connection may stay: asked when it enters, and whenever a ring about it may have been lost.

import type { Caller } from './authentication.ts'
import type { MailboxStore } from './store.ts'

/**
 * replaced: a newer connection of the device counts [P16] · erased: the account is gone [P59] · disabled: it is kept out [P19] ·
 * unlisted: the device is another installation now, or none, or proved itself by a key that was replaced [P21] [P97].
 */
export type Admission =
  | { verdict: 'admitted'; lastPosition: number }
  | { verdict: 'replaced' | 'erased' | 'disabled' | 'unlisted' }

/** `connection`: what it entered as. */
export async function admissionOf(
  store: Pick<MailboxStore, 'standing'>,
  caller: Caller,
  connection: Uint8Array,
): Promise<Admission> {
  const standing = await store.standing(caller)
  if (standing === undefined) return { verdict: 'erased' }
  const { identityKey, disabledAt, box } = standing
  if (disabledAt !== undefined) return { verdict: 'disabled' }
  if (box?.connection === undefined) return { verdict: 'unlisted' }
  if (!Buffer.from(box.connection).equals(connection)) return { verdict: 'replaced' }
  const isSameKey = Buffer.from(identityKey).equals(caller.identityKey)
  if (box.registrationId !== caller.registrationId || !isSameKey) return { verdict: 'unlisted' }
  return { verdict: 'admitted', lastPosition: box.lastPosition }
}
