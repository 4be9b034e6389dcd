// Every sentence people read, in ICU message format, out of a file for each area. Nothing shown in the window is written
// anywhere else.

import { app } from './sentences/app.ts'
import { backup } from './sentences/backup.ts'
import { conversation } from './sentences/conversation.ts'
import { failures } from './sentences/failures.ts'
import { group } from './sentences/group.ts'
import { groupEvents } from './sentences/group-events.ts'
import { groupMembers } from './sentences/group-members.ts'
import { groupReading } from './sentences/group-reading.ts'
import { list } from './sentences/list.ts'
import { opening } from './sentences/opening.ts'
import { people } from './sentences/people.ts'
import { settings } from './sentences/settings.ts'
import { welcome } from './sentences/welcome.ts'

export const sentences = {
  ...app,
  ...welcome,
  ...opening,
  ...backup,
  ...list,
  ...conversation,
  ...people,
  ...group,
  ...groupMembers,
  ...groupReading,
  ...groupEvents,
  ...settings,
  ...failures,
} as const

export type SentenceKey = keyof typeof sentences
