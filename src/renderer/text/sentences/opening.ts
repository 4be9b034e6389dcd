// Opening a profile: its recovery code, its passphrase, and what keeps it closed.

export const opening = {
  'recovery.title': 'Keep this somewhere safe',
  'recovery.text':
    'If this computer’s keychain is ever lost, these words open your messages again. We cannot do it for you.',
  'recovery.code': 'Recovery code, eight groups',
  'recovery.ask': 'Type the third and the seventh group to go on',
  'recovery.third': 'Third group',
  'recovery.seventh': 'Seventh group',
  'recovery.kept': 'I have kept it',
  'recovery.use': 'Use the recovery code',
  'recovery.typed': 'Recovery code',
  'recovery.typedHint': 'Eight groups of four, as you wrote them down.',
  'recovery.open': 'Open with this code',

  'closed.keychain-locked.title': 'Your keychain is locked',
  'closed.keychain-locked.text': 'Sotto’s database stays closed until you unlock it. Nothing was changed or lost.',
  'closed.keychain-locked.action': 'Unlock and try again',
  'closed.keychain-absent.title': 'There is no keychain here',
  'closed.keychain-absent.text':
    'Sotto keeps what opens its database in your system’s keychain and finds none running. Start it (GNOME Keyring, KWallet or KeePassXC on Linux), then try again. Nothing was changed or lost.',
  'closed.keychain-changed.title': 'This is not the keychain we know',
  'closed.keychain-changed.text':
    'Your messages are on this disk, but what opens them is missing from this keychain. It happens when the keychain was reset or replaced. Bring back the old keychain and try again, or use the recovery code. Nothing was changed.',
  'closed.keychain-timeout.title': 'The keychain waits for you',
  'closed.keychain-timeout.text':
    'It asked whether Sotto may open its database and got no answer. Look for its window, maybe behind this one, and try again.',
  'closed.profile-copied.title': 'This is a copy of a profile',
  'closed.profile-copied.text':
    'The folder was copied or moved here, and this keychain does not have what opens it. Open it with its recovery code. Do so in one place only: two copies of one profile get in each other’s way.',
  'closed.wrong-key.title': 'The database does not open',
  'closed.wrong-key.text':
    'The keychain gave an answer, but it belongs to another database. If you put an older copy of either in place, put back the one that belongs to it. Nothing was changed.',
  'closed.database-damaged.title': 'The database is damaged',
  'closed.database-damaged.text':
    'Some of it can no longer be read, maybe after a disk error. Sotto stopped before changing anything. If you have a copy of the profile folder, put it back and try again; keep the damaged one.',
  'closed.database-newer.title': 'This profile is from a newer Sotto',
  'closed.database-newer.text':
    'A later version wrote it. Install that version or a newer one; this one leaves it as it is.',
  'closed.profile-in-use.title': 'This profile is open elsewhere',
  'closed.profile-in-use.text': 'Another Sotto on this computer has it open. Close it there, then try again.',
  'closed.disk-full.title': 'The disk is full',
  'closed.disk-full.text': 'There is no room to write safely. Free some space, then try again. Nothing was lost.',
  'closed.device-removed.title': 'This device was removed',
  'closed.device-removed.text':
    'Another of your devices took it off your account. Nothing new comes here, and nothing goes out. What is on this disk is as it was, and sealed.',
  'closed.device-removed.todo':
    'A removed device cannot come back. To go on at this computer, open a second profile and link that one to your account.',
  'closed.device-removed.action': 'Open a second profile',

  'restored.title': 'This is an older copy of your profile',
  'restored.text':
    'Sotto noticed on {date}. What you wrote and read after the copy was made may be missing here. The people you talk to keep theirs, and what is still on its way to you comes.',
  'restored.todo':
    'Sotto has renewed what seals your messages; you need not do anything. If you did not put back a copy, somebody else did: then look after this computer.',
  'restored.goOn': 'I understand',

  'closed.other.title': 'Sotto cannot open the profile',
  'closed.what': 'What happened?',
  'closed.code': 'Reported as {code}',

  'lock.title': 'Sotto is locked',
  'lock.text': 'Nothing arrives until you unlock it. What people send you waits at the relay.',
  'lock.passphrase': 'Passphrase',
  'lock.unlock': 'Unlock',
  'lock.unlocking': 'Unlocking…',
  'lock.wait': '{seconds, plural, one {Wait # second} other {Wait # seconds}}',
  'lock.forgotten': 'Forgot it? Use the recovery code',
  'lock.forCode': 'Type the passphrase, then Sotto shows you the recovery code.',
  'lock.goOn': 'Go on',
  'lock.newForCode': 'The recovery code opens your messages; choose a new passphrase for the next time.',
  'lock.setting': 'App lock',
  'lock.settingOff':
    'With a passphrase, Sotto asks for it at the start and whenever it is locked, and your keychain alone does not open your messages.',
  'lock.settingOn': 'Sotto asks for your passphrase at the start and whenever it is locked.',
  'lock.set': 'Set a passphrase',
  'lock.setTitle': 'Set a passphrase',
  'lock.setText':
    'Several words that only you would put together. If you forget it, only the recovery code opens your messages.',
  'lock.change': 'Change it',
  'lock.changeTitle': 'Change the passphrase',
  'lock.remove': 'Remove it',
  'lock.removeTitle': 'Remove the passphrase?',
  'lock.removeText': 'From then on your keychain alone opens your messages.',
  'lock.old': 'Passphrase now',
  'lock.new': 'New passphrase',
  'lock.newHint': 'At least {count} characters.',
  'lock.again': 'Once more',
  'lock.tooShort': 'A passphrase has {count} to 256 characters.',
  'lock.different': 'The two are not the same.',
  'lock.busy': 'One moment…',
  'lock.wasSet': 'Sotto now asks for your passphrase.',
  'lock.wasChanged': 'The new passphrase counts from now on.',
  'lock.wasRemoved': 'Sotto does not ask for a passphrase any more.',
  'lock.idle': 'Lock when nobody is here',
  'lock.idleText': 'Also when the computer sleeps or its screen is locked.',
  'lock.idle.never': 'Never',
  'lock.idleMinutes': '{count} min',
  'lock.idleHours': '{count} h',
} as const
