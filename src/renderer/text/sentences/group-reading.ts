// Who can read what was said in a group, who has, and why one cannot yet.

export const groupReading = {
  'group.receipts': 'Read by',
  'group.receiptsRead': 'Read',
  'group.receiptsOthers': 'Not yet, or they do not tell',
  'group.receiptsOff': 'You have read receipts off: you tell nobody, and nobody’s are shown to you.',
  'group.receiptsTooMany': 'In groups of more than 100 members nobody is told who has read what.',
  'group.readers': 'Who can read this',
  'group.readersText':
    'Encrypted with the {epoch, selectordinal, one {#st} two {#nd} few {#rd} other {#th}} keys of this group, for these devices.',
  'group.readersEverybody': 'It was not encrypted: every member can read it, and so can the relay.',
  'group.device.confirmed': 'device {device}: can read it',
  'group.device.told': 'device {device}: was given the means',
  'group.device.notYet': 'device {device}: not yet',
  'group.device.entitled': 'device {device}: may have the keys',
  'group.device.unknown': 'no device known here',
  'group.missing': 'Why can I not read this?',
  'group.missingGone': 'It can be read by now.',
  'group.missingText':
    'The {epoch, selectordinal, one {#st} two {#nd} few {#rd} other {#th}} keys of {name} in this group have not come to this device yet.',
  'group.missingNotEntitled': 'It was said before you may read along here.',
  'group.notAsked': 'It may come by itself; nobody was asked yet.',
  'group.askedAt': 'The members were asked at {time}.',
  'group.answering': '{name} is about to answer.',
  'group.nextTry': 'Asked again at {time}.',
  'group.askAgain': 'Ask again',
  'group.keyOnItsWay': 'What opens it is on its way.',
  'group.why': 'Why?',
  'group.messageReadable': 'This message was not encrypted: the relay could read it.',
  'group.messageReadableShort': 'not encrypted',
  'group.messageLocked': 'This message is encrypted. Unlock it',
  'group.messageOpen': 'The relay can read this message. Lock it',
} as const
