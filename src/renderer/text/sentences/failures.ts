// Why something was refused, and what to do next: a sentence for each code.

export const failures = {
  'failure.bad-input': 'That does not fit. Check what you typed and try again.',
  'failure.unknown-call': 'This version cannot do that. Update Sotto.',
  'failure.not-available-here': 'This is not possible here. Use the desktop app for it.',
  'failure.no-profile': 'There is no profile yet. Create one first.',
  'failure.profile-exists': 'There is a profile already. Restart Sotto to open it.',
  'failure.profile-in-use': 'Another Sotto has this profile open. Close it there and try again.',
  'failure.username-taken': 'Somebody on this relay has that username. Choose another.',
  'failure.invitation-needed': 'This relay takes new people by invitation only. Ask whoever runs it for a code.',
  'failure.no-such-person': 'Nobody on this relay has that username. Check the spelling with them.',
  'failure.no-such-conversation': 'This chat is gone. Choose another one.',
  'failure.no-such-message': 'This message is gone already.',
  'failure.not-connected': 'There is no connection to the relay. Try again when it is back.',
  'failure.too-long': 'The text is too long. Send it in parts.',
  'failure.blocked': 'You blocked this person. Unblock them first.',
  'failure.request-not-accepted': 'Accept the request first.',
  'failure.safety-number-changed': 'The safety number changed. Compare or accept it, then it goes out.',
  'failure.rate-limited':
    'The relay asks for a pause. {seconds, plural, =0 {Try again in a moment.} one {Try again in # second.} other {Try again in # seconds.}}',
  'failure.too-large': 'too large for this relay. Send it in parts.',
  'failure.mailbox-full': 'Their mailbox on the relay is full. Try again when they have been online.',
  'failure.no-such-group': 'There is no such group, or it is not open to you.',
  'failure.not-permitted': 'Your role in this group does not allow that. Ask one of its owners.',
  'failure.last-owner': 'You are its only owner. Make somebody else one first, or delete the group.',
  'failure.muted': 'You are muted in this group. Try again when that is over.',
  'failure.look-first': 'The relay could read that here. Say above that you have seen it first.',
  'failure.group-halted':
    'Something is wrong with the history of this group, so nothing is sent there. See its details.',
  'failure.epoch-over': 'The group has changed meanwhile. It goes out as soon as that is known here.',
  'failure.group-full': 'The relay takes no more for this group.',
  'failure.no-such-link':
    'No device waits under this code. It may be mistyped, older than ten minutes, or used already.',
  'failure.link-refused': 'The other device said that the words are not the same. Nothing was handed over.',
  'failure.link-broken':
    'The other device, or the connection between the two, went away before it was done. Begin again.',
  'failure.link-spoiled':
    'Something between the two devices changed what they said to each other. Nothing was handed over.',
  'failure.update-needed': 'This app or the relay is too old for that. Update the older one.',
  'failure.identity-changed':
    'The relay knows this account by another identity and let nobody in. Ask whoever runs it, or begin a new profile.',
  'failure.relay-refused': 'The relay refused. Try again later, or ask whoever runs it.',
  'failure.keychain-locked': 'Your keychain is locked. Unlock it and try again.',
  'failure.keychain-absent': 'There is no keychain on this computer. Start one and try again.',
  'failure.keychain-changed': 'This is not the keychain the profile was made with. Bring the old one back.',
  'failure.keychain-timeout': 'The keychain waits for your answer. Look for its window.',
  'failure.wrong-code': 'That is not what was shown. Look at it again, group by group.',
  'failure.wrong-key': 'The database belongs to another keychain entry. Put back the one it was made with.',
  'failure.locked': 'Sotto is locked. Unlock it first.',
  'failure.wrong-passphrase':
    'That is not the passphrase. {seconds, plural, =0 {Try again.} one {Try again in # second.} other {Try again in # seconds.}}',
  'failure.too-many-tries':
    'Too many wrong tries. {seconds, plural, =0 {Try again in a moment.} one {Try again in # second.} other {Try again in # seconds.}}',
  'failure.passphrase-needed': 'This profile has a passphrase. Type it too.',
  'failure.no-passphrase': 'Set a passphrase in the settings first.',
  'failure.recovery-code-first': 'Write down the recovery code first: it is the way back from a forgotten passphrase.',
  'failure.profile-copied': 'This is a copy of a profile. Open it with its recovery code.',
  'failure.not-an-export':
    'In that folder is no export that Sotto can read, or somebody changed it. Choose the folder that an export as JSON made. Nothing was imported.',
  'failure.no-backup': 'There is no backup of Sotto in that folder. Choose the one you gave when you made it.',
  'failure.backup-damaged':
    'Part of the backup is missing or was changed, so it was not used. If you have another copy of the folder, try that one.',
  'failure.place-refused':
    'That folder cannot be read or written. Choose another one, or look whether its disk is there.',
  'failure.database-damaged': 'The database is damaged. Restore a copy of the profile folder.',
  'failure.database-newer': 'A newer Sotto wrote this profile. Install that version.',
  'failure.disk-full': 'The disk is full. Free some space and try again.',
  'failure.update-spoiled': 'The download was changed on this disk, so it was not installed. It will be fetched again.',
  'failure.device-list-refused': 'Another of your devices changed something at the same time. Try again.',
  'failure.too-many-devices': 'An account has at most ten devices. Remove one first.',
  'failure.no-such-device': 'That device is not one of yours any more.',
  'failure.device-removed': 'This device was removed from your account.',
  'failure.too-late': 'A message can be changed for a day. That is over for this one.',
  'failure.quota-exceeded': 'The relay keeps no more for you at present. Older attachments expire by themselves.',
  'failure.no-such-attachment': 'The relay does not have it any more. Ask for it to be sent again.',
  'failure.attachment-spoiled':
    'What the relay has is not what was sent, so it was not opened. Ask for it to be sent again.',
  'failure.cancelled': 'You stopped that.',
  'failure.not-an-invitation': 'This is no invitation that Sotto can read. Ask for it again, and copy all of it.',
  'failure.another-relay': 'This invitation is for people of another relay.',
  'failure.relay-without-tls':
    'Your relay is reached without encryption of the line, so its address is in no invitation. Tell people your username.',
  'failure.safety-number-mismatch':
    'The relay shows somebody else than the invitation does. Do not write to them; ask whoever invited you.',
  'failure.unreadable-code': 'This is not the code of a safety number. Scan it again from the other screen.',
  'failure.not-a-picture': 'Sotto takes PNG, JPEG and WebP here, at most 64 megapixels. Choose another picture.',
  'failure.already-so': 'That is so already.',
  'failure.internal': 'That went wrong on our side. Try again; if it stays, restart Sotto.',
} as const
