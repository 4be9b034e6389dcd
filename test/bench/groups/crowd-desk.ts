// A desk with a group of a thousand whose members it has sessions with, and what is said there.

import { join } from 'node:path'
import { openSqlite } from '../../../src/host/sqlite.ts'
import { type ConversationId, groupConversation } from '../../../src/shared/ids.ts'
import { until } from '../../until.ts'
import {
  type Acquaintances,
  copyDatabase,
  type Desk,
  isOnline,
  KEY,
  makeAcquaintances,
  openDesk,
  value,
} from '../acquaintances.ts'
import { type Crowd, type CrowdRelay, createCrowdRelay, gatherCrowd, settleIn } from './crowd.ts'

export const MEMBERS = 1_000
/** In one measurement. */
export const MESSAGES = 300
export const TEXT = 'Shall we have tea at five, under the big tree, as we said? '.repeat(3)

export interface CrowdDesk {
  readonly acquaintances: Acquaintances
  readonly crowd: Crowd
  readonly relay: CrowdRelay
  readonly desk: Desk
  readonly conversation: ConversationId
  /** A copy of the database, in which the sessions with everybody are. */
  readonly copy: string
  /** Says so much as MESSAGES to the group, until the relay has taken it. */
  tellAll(): Promise<void>
  /** From here on the next message begins an epoch. */
  mark(): Promise<void>
  /** A message, and the keys to everybody. */
  beginEpoch(): Promise<void>
  /** What is owed is forgotten: nobody is there to say that they have it. */
  forget(): void
  close(): Promise<void>
}

export async function openCrowdDesk(): Promise<CrowdDesk> {
  const acquaintances = await makeAcquaintances()
  const { alice, folder } = acquaintances
  const file = copyDatabase(alice.file, join(folder, 'crowd.db'))
  const sql = openSqlite({ file, key: KEY })
  const crowd = gatherCrowd(sql, MEMBERS - 1)
  settleIn(sql, crowd)
  sql.close()
  const conversation = groupConversation(crowd.log.group)
  const relay = createCrowdRelay(crowd)
  // Sessions with everybody are begun once, and are there from then on.
  const before = await openDesk(file, relay, acquaintances.relay)
  await isOnline(before)
  value(await before.messenger.handlers.sendMessage({ conversation, text: 'First' }))
  await until(() => isTold(before), 'everybody was told', 600_000)
  before.sql.run('DELETE FROM key_deliveries')
  await before.close()
  const copy = copyDatabase(file, join(folder, 'floor.db'))
  const desk = await openDesk(file, relay, acquaintances.relay)
  await isOnline(desk)
  const { handlers } = desk.messenger
  const isOut = () => desk.sql.get('SELECT 1 AS yes FROM group_outbox') === undefined

  return {
    ...{ acquaintances, crowd, relay, desk, conversation, copy },
    async tellAll() {
      for (let index = 0; index < MESSAGES; index++) value(await handlers.sendMessage({ conversation, text: TEXT }))
      await until(isOut, 'all are told')
    },
    async mark() {
      value(await handlers.rotateKeys({ conversation }))
    },
    async beginEpoch() {
      relay.submissions = 0
      value(await handlers.sendMessage({ conversation, text: TEXT }))
      await until(() => relay.submissions >= MEMBERS - 1, 'all have their keys', 120_000)
      await until(isOut, 'all are told')
      if (!isTold(desk)) throw new Error('somebody was not told the keys')
    },
    forget: () => {
      desk.sql.run('DELETE FROM key_deliveries')
    },
    close: async () => {
      await desk.close()
      acquaintances.close()
    },
  }
}

/** Every member was told, if not answered. */
function isTold({ sql }: Desk): boolean {
  return (
    sql.get('SELECT 1 AS yes FROM key_deliveries WHERE tries = 0 LIMIT 1') === undefined &&
    sql.get('SELECT 1 AS yes FROM key_deliveries LIMIT 1') !== undefined
  )
}
