// Why a call was refused: one of a closed list.

import { z } from 'zod'

/** Every way a call can be refused. The list only grows: what is on the wire stays. */
export const FailureCode = z.enum([
  'bad-input', // the input does not fit the call's schema
  'unknown-call', // no such call in this version
  'not-available-here', // this host cannot do it (a window asked of the command line, say)
  'no-profile', // create one first
  'profile-exists', // there is one already
  'profile-in-use', // another process has it open
  'username-taken', // on this relay
  'invitation-needed', // the relay registers by invitation only
  'no-such-person', // the relay knows nobody of that name
  'no-such-conversation',
  'no-such-message',
  'not-connected', // needs the relay, and there is no connection now
  'too-long', // the text exceeds its limit
  'blocked', // by the person who asks
  'request-not-accepted', // theirs to accept first
  'safety-number-changed', // sending waits until the person has looked
  'rate-limited', // the relay asks to wait
  'too-large', // for this relay
  'mailbox-full', // of the recipient
  'no-such-group', // or none for this account
  'not-permitted', // by the role one has in the group
  'last-owner', // a group has one: somebody else first
  'muted', // in the group, for a time or until somebody says otherwise
  'look-first', // the group's messages can be read by the relay, and the person has not seen that
  'group-halted', // its log does not hold together: nothing is sent there
  'epoch-over', // the group has changed its keys: what was sealed before is sealed afresh
  'group-full', // as many members, or as much kept, as the relay takes
  'no-such-link', // no device waits under this code: it is wrong, too old, or was used
  'link-refused', // on the other device: the words were not the same
  'link-broken', // the other device, or the connection, went away before it was done
  'link-spoiled', // what the other device said does not fit what it had promised
  'update-needed', // the relay or this app is too old for it
  'identity-changed', // the relay pins another identity key for this account
  'relay-refused', // any other refusal of the relay
  'keychain-locked',
  'keychain-absent',
  'keychain-changed',
  'keychain-timeout', // it waits for a person
  'wrong-key',
  'wrong-code', // not the recovery code of this profile
  'locked', // the app is, until `unlock`
  'wrong-passphrase',
  'too-many-tries', // of a passphrase: wait first
  'passphrase-needed', // the profile has one, and it or a new one belongs to this call
  'no-passphrase', // the profile has none
  'recovery-code-first', // without one that was kept, a forgotten passphrase would be the end
  'profile-copied', // to another place, whose keychain does not have its key
  'no-backup', // in that folder, or none was ever finished
  'backup-damaged', // something is missing in it, or not what was written
  'place-refused', // a file or folder that cannot be read or written
  'database-damaged',
  'database-newer', // written by a later version
  'disk-full',
  'update-spoiled', // the downloaded update is not what was downloaded any more
  'device-list-refused', // the relay has another list of devices by now
  'too-many-devices', // as many as an account may have, now or ever
  'no-such-device', // of this account
  'device-removed', // this one, from its account
  'too-late', // the time in which it could be changed is over
  'quota-exceeded', // the relay keeps no more of this account's attachments for now
  'no-such-attachment', // expired, or never was
  'attachment-spoiled', // what the relay has is not what was sent
  'cancelled', // by the person who asked
  'not-an-invitation', // the link says nothing that this version understands
  'another-relay', // the invitation is for people of another relay
  'relay-without-tls', // its address is in no invitation
  'safety-number-mismatch', // the invitation vouches for another identity than the relay shows
  'unreadable-code', // what was scanned is no safety number
  'not-a-picture', // or one that says more than its pixels, or too large
  'not-an-export', // what was chosen is no chat that this app exported, or not as it was written
  'already-so', // nothing to do
  'internal', // our own mistake; the log has it
])
export type FailureCode = z.infer<typeof FailureCode>

export const Failure = z.object({
  code: FailureCode,
  /** For developers, in English, without content of messages. People see the sentence that belongs to the code. */
  detail: z.string().optional(),
  /** Milliseconds after which another try makes sense. */
  retryAfter: z.int().min(0).optional(),
})
export type Failure = z.infer<typeof Failure>
