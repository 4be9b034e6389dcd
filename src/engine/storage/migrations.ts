// The steps that bring a profile's database to the shape this version knows. Numbered, never edited.

import type { Migration } from './migrate.ts'
import { keys } from './migrations/0001-keys.ts'
import { conversations } from './migrations/0002-conversations.ts'
import { groupSessions } from './migrations/0003-group-sessions.ts'
import { groupConversations } from './migrations/0004-group-conversations.ts'
import { groups } from './migrations/0005-groups.ts'
import { people } from './migrations/0006-people.ts'
import { leanOutbox } from './migrations/0007-lean-outbox.ts'
import { ownDevices } from './migrations/0008-own-devices.ts'
import { history } from './migrations/0009-history.ts'
import { imported } from './migrations/0010-imported.ts'
import { sessionSalts } from './migrations/0011-session-salts.ts'
import { groupStates } from './migrations/0012-group-states.ts'
import { groupPictures } from './migrations/0013-group-pictures.ts'
import { leanGroupOutbox } from './migrations/0014-lean-group-outbox.ts'
import { keyLeases } from './migrations/0015-key-leases.ts'
import { peopleToInvite } from './migrations/0016-people-to-invite.ts'
import { deletedMessages } from './migrations/0017-deleted-messages.ts'
import { groupsToMark } from './migrations/0018-groups-to-mark.ts'
import { setAside } from './migrations/0019-set-aside.ts'
import { groupReads } from './migrations/0020-group-reads.ts'

export const migrations: readonly Migration[] = [
  { number: 1, name: 'keys', sql: keys },
  { number: 2, name: 'conversations', sql: conversations },
  { number: 3, name: 'group-sessions', sql: groupSessions },
  { number: 4, name: 'group-conversations', sql: groupConversations },
  { number: 5, name: 'groups', sql: groups },
  { number: 6, name: 'people', sql: people },
  { number: 7, name: 'lean-outbox', sql: leanOutbox },
  { number: 8, name: 'own-devices', sql: ownDevices },
  { number: 9, name: 'history', sql: history },
  { number: 10, name: 'imported', sql: imported },
  { number: 11, name: 'session-salts', sql: sessionSalts },
  { number: 12, name: 'group-states', sql: groupStates },
  { number: 13, name: 'group-pictures', sql: groupPictures },
  { number: 14, name: 'lean-group-outbox', sql: leanGroupOutbox },
  { number: 15, name: 'key-leases', sql: keyLeases },
  { number: 16, name: 'people-to-invite', sql: peopleToInvite },
  { number: 17, name: 'deleted-messages', sql: deletedMessages },
  { number: 18, name: 'groups-to-mark', sql: groupsToMark },
  { number: 19, name: 'set-aside', sql: setAside },
  { number: 20, name: 'group-reads', sql: groupReads },
]
