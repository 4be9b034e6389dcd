// Reading is told in groups of a hundred, and in none that is larger.

import { randomUUID } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { takeReads } from '../../../src/engine/groups/take-reads.ts'
import type { Own } from '../../../src/engine/own.ts'
import { addConversation } from '../../../src/engine/storage/conversations.ts'
import { groupReadsOf } from '../../../src/engine/storage/group-reads.ts'
import { addMessage, findMessage } from '../../../src/engine/storage/messages.ts'
import { migrate } from '../../../src/engine/storage/migrate.ts'
import { migrations } from '../../../src/engine/storage/migrations.ts'
import { Touched } from '../../../src/engine/touched.ts'
import { GroupReadsSchema } from '../../../src/protocol/generated/group_pb.ts'
import { MAX_MEMBERS_TOLD_OF_READING } from '../../../src/protocol/limits.ts'
import { DeviceId, groupConversation, Instant, MessageId, uuidToBytes } from '../../../src/shared/ids.ts'
import { createTestClock } from '../../clock.ts'
import { foundGroup, makeMember } from '../../protocol/group-log.ts'
import { openSql } from '../open-sql.ts'

test('[P147] with a hundred members who has read is counted; with one more nothing is told or believed', () => {
  const sql = openSql()
  migrate(sql, migrations)
  const olga = makeMember()
  const log = foundGroup(olga)
  const members = Array.from({ length: MAX_MEMBERS_TOLD_OF_READING - 1 }, makeMember)
  for (const member of members) log.takesIn(olga, member)
  const conversation = groupConversation(log.state.group)
  addConversation(sql, { id: conversation, kind: 'group', account: null, state: 'open', last_at: Instant.parse(0) })
  const id = MessageId.parse(randomUUID())
  addMessage(sql, {
    conversation,
    position: 1,
    sequence: 0,
    id,
    author: olga.account,
    own: 1,
    sent_at: Instant.parse(0),
    kind: 'text',
    text: 'All of you?',
    epoch: 1,
    readable: 1,
    delivery: 'sent',
    delivery_at: Instant.parse(0),
  })
  const clock = createTestClock()
  const own = { account: olga.account, device: DeviceId.parse(1), others: [] } as unknown as Own
  const told = create(GroupReadsSchema, {
    group: uuidToBytes(log.state.group),
    reads: [{ message: uuidToBytes(id), atMs: 1n }],
  })
  const hears = (from: (typeof members)[number], isOn = true) =>
    sql.transaction(() =>
      takeReads(
        { sql, clock, own, tellsOfReading: () => isOn },
        { get: () => log.state },
        new Touched(),
        { account: from.account, device: DeviceId.parse(1) },
        told,
      ),
    )
  const [first, ...others] = members
  if (first === undefined) throw new Error('nobody')
  hears(first, false)
  expect(groupReadsOf(sql, id)).toEqual([])
  for (const member of others) hears(member)
  expect(findMessage(sql, id)).toMatchObject({ delivery: 'sent', read_by: 98, read_of: 99 })
  const further = makeMember()
  log.takesIn(olga, further)
  hears(first)
  expect(findMessage(sql, id)).toMatchObject({ delivery: 'sent', read_by: 98, read_of: 99 })
  log.does(olga, { kind: 'remove', accounts: [further.account] })
  hears(first)
  expect(findMessage(sql, id)).toMatchObject({ delivery: 'read', read_by: 99, read_of: 99 })
})
