// What a refusal of the relay means to the person who asked.

import { Reason, type Refused } from '../../protocol/generated/relay_pb.ts'
import type { Failure, FailureCode } from '../../shared/failure.ts'

const CODES: { [reason in Reason]: FailureCode } = {
  [Reason.UNSPECIFIED]: 'relay-refused',
  [Reason.MALFORMED]: 'relay-refused',
  [Reason.UPDATE_NEEDED]: 'update-needed',
  [Reason.NOT_AUTHENTICATED]: 'not-connected',
  [Reason.SIGNATURE_INVALID]: 'relay-refused',
  [Reason.IDENTITY_MISMATCH]: 'identity-changed',
  [Reason.USERNAME_TAKEN]: 'username-taken',
  [Reason.USERNAME_INVALID]: 'bad-input',
  [Reason.INVITATION_NEEDED]: 'invitation-needed',
  [Reason.NO_SUCH_ACCOUNT]: 'no-such-person',
  [Reason.TOO_MANY_KEYS]: 'relay-refused',
  [Reason.TOO_LARGE]: 'too-large',
  [Reason.TOO_MANY_REQUESTS]: 'rate-limited',
  [Reason.MAILBOX_FULL]: 'mailbox-full',
  [Reason.PREKEY_SIGNATURE_INVALID]: 'relay-refused',
  [Reason.CLOCK_SKEW]: 'relay-refused',
  [Reason.NO_SUCH_DEVICE]: 'relay-refused',
  [Reason.DEVICE_LIST_REFUSED]: 'device-list-refused',
  [Reason.UNAVAILABLE]: 'not-connected',
  [Reason.ACCOUNT_EXISTS]: 'username-taken',
  [Reason.ACCOUNT_DISABLED]: 'relay-refused',
  [Reason.NO_SUCH_GROUP]: 'no-such-group',
  [Reason.NOT_PERMITTED]: 'not-permitted',
  [Reason.ENTRY_INVALID]: 'relay-refused',
  [Reason.ENCRYPTION_REQUIRED]: 'not-permitted',
  [Reason.ENCRYPTION_OFF]: 'not-permitted',
  [Reason.STREAM_FULL]: 'group-full',
  [Reason.EPOCH_OVER]: 'epoch-over',
  [Reason.QUOTA_EXCEEDED]: 'quota-exceeded',
  [Reason.NOT_SERVED]: 'not-available-here',
  [Reason.TOO_FAR_AHEAD]: 'bad-input',
  [Reason.NO_SUCH_RENDEZVOUS]: 'no-such-link',
}

export function failureOf(refused: Refused): Failure {
  // A later relay may know reasons that this version does not.
  const failure: Failure = { code: CODES[refused.reason] ?? 'relay-refused' }
  if (refused.detail !== '') failure.detail = refused.detail.slice(0, 200)
  if (refused.retryAfterMs > 0) failure.retryAfter = refused.retryAfterMs
  return failure
}
