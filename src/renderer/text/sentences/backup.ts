// Backups, exports and imports.

export const backup = {
  'backup.setting': 'Backup',
  'backup.text':
    'A sealed copy of everything in a folder of yours: another disk, or one that is synchronised. Your recovery code opens it on any computer.',
  'backup.never': 'There is none yet.',
  'backup.last': 'Last one {date}, {time}, in {place}',
  'backup.now': 'Back up now',
  'backup.elsewhere': 'Another folder…',
  'backup.check': 'Check it',
  'backup.writing': 'Backing up… {percent} %',
  'backup.checking': 'Checking the backup… {percent} %',
  'backup.restoring': 'Bringing your messages back… {percent} %',
  'backup.stop': 'Stop',
  'backup.done': '{count, plural, =0 {Backed up; nothing was new.} other {Backed up.}}',
  'backup.whole': 'The backup of {date} is whole.',

  'import.now': 'Import exported chats…',
  'import.busy': 'Importing…',
  'import.done':
    '{count, plural, =0 {Nothing was new.} one {# message imported. A chat that is new is among those put away.} other {# messages imported. Chats that are new are among those put away.}}',
  'import.mark': 'imported',
  'import.markText': 'Read from an exported file: nothing vouches for who wrote it',

  'export.all': 'Export everything…',
  'export.one': 'Export this chat…',
  'export.titleAll': 'Export all chats',
  'export.titleOne': 'Export the chat with {name}',
  'export.text': 'Plain files that open without Sotto. They are not sealed: anybody who has them can read them.',
  'export.format': 'Form',
  'export.html': 'Pages to read',
  'export.json': 'JSON for programs',
  'export.understood': 'I know that anybody can read the files',
  'export.understoodText': 'Keep them where only you can, and delete them when you do not need them any more.',
  'export.now': 'Choose where…',
  'export.busy': 'Exporting…',
  'export.done': '{count, plural, one {# message} other {# messages}} written to {place}',

  'restore.offer': 'Restore a backup',
  'restore.title': 'Restore a backup',
  'restore.text': 'Choose the folder that you gave when you made it, and type the recovery code from your paper.',
  'restore.choose': 'Choose the folder…',
  'restore.chooseOther': 'Choose another folder…',
  'restore.place': 'Backup in {place}',
  'restore.once': 'If the other computer still runs Sotto with this profile, close it there first.',
  'restore.now': 'Restore',
} as const
