// Saying something to a thousand members.
//
// group-send: until the relay, which answers at once, has taken it, beside a message to one person on the same desk.
// group-fan-out: what telling every member pairwise costs here (the keys of a new epoch do that), over 500.
// group-epoch: the first message of an epoch with the keys to a thousand devices, beside signalEncrypt to each of these
// sessions in memory and one commit of its record in SQLCipher for every 32.
// group-stall: the longest that the event loop stood still meanwhile, beside 16 ms.

import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { openSqlite } from '../../../src/host/sqlite.ts'
import { pad } from '../../../src/protocol/padding.ts'
import { groupConversation, personConversation } from '../../../src/shared/ids.ts'
import { until } from '../../until.ts'
import { copyDatabase, isOnline, KEY, makeAcquaintances, openDesk, value } from '../acquaintances.ts'
import { BareSession } from '../bare-session.ts'
import { BareTables } from '../bare-tables.ts'
import { type Bench, processorTime } from '../bench.ts'
import { createCrowdRelay, gatherCrowd, settleIn } from './crowd.ts'

const MEMBERS = 1_000
const MESSAGES = 300
const TEXT = 'Shall we have tea at five, under the big tree, as we said? '.repeat(3)
const CHEAPER = 500
const LONGEST_STALL = 16
const COMMITTED_AT_ONCE = 32
/** Of a content with one session key in it: session, owner, distribution message, announcement, addresses. */
const KEYS_BYTES = 420

export const crowdSend: Bench = {
  measures: [
    { name: 'group-send', unit: 'ms CPU per 1,000 messages, to 1,000 members', goal: 1.2 },
    { name: 'group-fan-out', unit: `ms CPU per message, pairwise / ${CHEAPER}`, goal: 1 },
    { name: 'group-epoch', unit: 'ms CPU, first message and keys to 1,000', goal: 1.25 },
    { name: 'group-stall', unit: 'ms the event loop stood still', goal: 1 },
    { name: 'group-upload', unit: 'ciphertexts of the size of one', goal: 1.5 },
  ],
  async open() {
    const acquaintances = await makeAcquaintances()
    const { alice, bob, folder } = acquaintances
    const file = copyDatabase(alice.file, join(folder, 'crowd.db'))
    // Sessions with everybody are begun once, and are there from then on.
    const { desk: before, crowd, relay } = await openCrowdDesk(file, acquaintances.relay)
    const conversation = groupConversation(crowd.log.group)
    value(await before.messenger.handlers.sendMessage({ conversation, text: 'First' }))
    await until(() => isTold(before.sql), 'everybody was told', 600_000)
    before.sql.run('DELETE FROM key_deliveries')
    await before.close()
    const copy = copyDatabase(file, join(folder, 'floor.db'))
    const sessions = [...crowd.people.values()].map(({ account }) => new BareSession(copy, alice.account, account))
    const tables = new BareTables(join(folder, 'bare.db'))
    const desk = await openDesk(file, relay, acquaintances.relay)
    await isOnline(desk)
    const { handlers } = desk.messenger

    async function tellBob(): Promise<void> {
      const to = personConversation(bob.account)
      for (let index = 0; index < MESSAGES; index++) value(await handlers.sendMessage({ conversation: to, text: TEXT }))
      const waiting = "SELECT 1 AS yes FROM outbox WHERE state IN ('waiting', 'sealed') LIMIT 1"
      await until(() => desk.sql.get(waiting) === undefined, 'Bob is told')
    }

    async function tellAll(): Promise<void> {
      for (let index = 0; index < MESSAGES; index++) value(await handlers.sendMessage({ conversation, text: TEXT }))
      await until(() => desk.sql.get('SELECT 1 AS yes FROM group_outbox') === undefined, 'all are told')
    }

    async function bareDistribution(): Promise<void> {
      const content = pad(new Uint8Array(KEYS_BYTES))
      for (let first = 0; first < sessions.length; first += COMMITTED_AT_ONCE) {
        const records: Uint8Array<ArrayBuffer>[] = []
        for (const session of sessions.slice(first, first + COMMITTED_AT_ONCE)) {
          ;(await session.encrypt(content)).serialize()
          records.push(session.record())
        }
        tables.commit(() => {
          for (const record of records) tables.session(record)
        })
      }
    }

    async function beginEpoch(): Promise<void> {
      value(await handlers.sendMessage({ conversation, text: TEXT }))
      await until(
        () => desk.sql.get('SELECT 1 AS yes FROM group_outbox') === undefined && isTold(desk.sql),
        'all have their keys',
        120_000,
      )
    }

    return {
      async pair() {
        const one = await processorTime(tellBob)
        relay.published = 0
        relay.publications = 0
        const all = await processorTime(tellAll)
        const uploaded = relay.published / relay.publications / pad(new Uint8Array(TEXT.length + 150)).length
        value(await handlers.rotateKeys({ conversation }))
        const loop = await processorTime(bareDistribution)
        const stalls = monitorEventLoopDelay({ resolution: 1 })
        stalls.enable()
        const epoch = await processorTime(beginEpoch)
        stalls.disable()
        desk.sql.run('DELETE FROM key_deliveries')
        return [
          { floor: perThousand(one), product: perThousand(all) },
          { floor: epoch / CHEAPER, product: all / MESSAGES },
          { floor: loop, product: epoch },
          { floor: LONGEST_STALL, product: stalls.max / 1e6 },
          { floor: relay.publications / MESSAGES, product: uploaded },
        ]
      },
      close: async () => {
        await desk.close()
        tables.close()
        acquaintances.close()
      },
    }
  },
}

async function openCrowdDesk(file: string, url: string) {
  const sql = openSqlite({ file, key: KEY })
  const crowd = gatherCrowd(sql, MEMBERS - 1)
  settleIn(sql, crowd)
  sql.close()
  const relay = createCrowdRelay(crowd)
  const desk = await openDesk(file, relay, url)
  await isOnline(desk)
  return { desk, crowd, relay }
}

/** Every member was told, if not answered. */
function isTold(sql: { get(sql: string): unknown }): boolean {
  return (
    sql.get('SELECT 1 AS yes FROM key_deliveries WHERE tries = 0 LIMIT 1') === undefined &&
    sql.get('SELECT 1 AS yes FROM key_deliveries LIMIT 1') !== undefined
  )
}

function perThousand(milliseconds: number): number {
  return (milliseconds * 1000) / MESSAGES
}
