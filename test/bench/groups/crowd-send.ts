// Saying something to a thousand members.
//
// group-send: until the relay, which answers at once, has taken it, beside a message to one person on the same desk.
// group-fan-out: the same message to the group, beside the 500th part of what it costs to tell each member: signalEncrypt to
// each of a thousand sessions in memory, and for every 32 one commit in SQLCipher of each one's record and ciphertext.
// group-epoch: the first message of an epoch with the keys to a thousand devices, beside signalEncrypt to each of these
// sessions in memory and for every 32 one commit of each one's record.
// group-stall: the longest that the event loop stood still meanwhile, beside 16 ms.
// group-upload: what was published for each message, beside what one ciphertext has.

import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { pad } from '../../../src/protocol/padding.ts'
import { personConversation } from '../../../src/shared/ids.ts'
import { until } from '../../until.ts'
import { value } from '../acquaintances.ts'
import { BareSession } from '../bare-session.ts'
import { BareTables } from '../bare-tables.ts'
import { type Bench, processorTime } from '../bench.ts'
import { MESSAGES, openCrowdDesk, TEXT } from './crowd-desk.ts'

const CHEAPER = 500
const LONGEST_STALL = 16
const COMMITTED_AT_ONCE = 32
/** Around a text: group or addresses, epoch or chain, time. */
const AROUND = 150
/** Of a content with one session key in it: session, owner, distribution message, announcement, addresses. */
const KEYS_BYTES = 420

export const crowdSend: Bench = {
  measures: [
    { name: 'group-send', unit: 'ms CPU per 1,000 messages, to 1,000 members', goal: 1.2 },
    { name: 'group-fan-out', unit: `ms CPU per message; floor: pairwise to 1,000, by ${CHEAPER}`, goal: 1 },
    { name: 'group-epoch', unit: 'ms CPU, first message and keys to 1,000', goal: 1.25 },
    { name: 'group-stall', unit: 'ms the event loop stood still', goal: 1 },
    { name: 'group-upload', unit: 'ciphertexts of the size of one', goal: 1.5 },
  ],
  async open() {
    const there = await openCrowdDesk()
    const { acquaintances, crowd, relay, desk, copy } = there
    const { alice, bob, folder } = acquaintances
    const sessions = [...crowd.people.values()].map(({ account }) => ({
      account,
      session: new BareSession(copy, alice.account, account),
    }))
    const tables = new BareTables(join(folder, 'bare.db'))
    const { handlers } = desk.messenger

    async function tellBob(): Promise<void> {
      const to = personConversation(bob.account)
      for (let index = 0; index < MESSAGES; index++) value(await handlers.sendMessage({ conversation: to, text: TEXT }))
      const waiting = "SELECT 1 AS yes FROM outbox WHERE state IN ('waiting', 'sealed') LIMIT 1"
      await until(() => desk.sql.get(waiting) === undefined, 'Bob is told')
    }

    /** To each of them alone: encrypted, and on the disk with the record of the session. */
    async function tellEach(bytes: number, keepsCiphertext: boolean): Promise<void> {
      const content = pad(new Uint8Array(bytes))
      for (let first = 0; first < sessions.length; first += COMMITTED_AT_ONCE) {
        const told: { account: string; record: Uint8Array<ArrayBuffer>; ciphertext: Uint8Array<ArrayBuffer> }[] = []
        for (const { account, session } of sessions.slice(first, first + COMMITTED_AT_ONCE)) {
          const ciphertext = (await session.encrypt(content)).serialize()
          told.push({ account, record: session.record(), ciphertext })
        }
        tables.commit(() => {
          for (const { account, record, ciphertext } of told) {
            tables.session(record, account)
            if (keepsCiphertext) tables.ciphertext(ciphertext)
          }
        })
      }
    }

    return {
      async pair() {
        const one = await processorTime(tellBob)
        relay.published = 0
        relay.publications = 0
        const all = await processorTime(there.tellAll)
        const pairwise = await processorTime(() => tellEach(TEXT.length + AROUND, true))
        const uploaded = relay.published / relay.publications / pad(new Uint8Array(TEXT.length + AROUND)).length
        await there.mark()
        const loop = await processorTime(() => tellEach(KEYS_BYTES, false))
        let longest = 0
        const epoch = await processorTime(async () => {
          // Not around the collections that the bench itself asks for.
          const stalls = monitorEventLoopDelay({ resolution: 1 })
          stalls.enable()
          await there.beginEpoch()
          stalls.disable()
          longest = stalls.max / 1e6
        })
        there.forget()
        return [
          { floor: perThousand(one), product: perThousand(all) },
          { floor: pairwise / CHEAPER, product: all / MESSAGES },
          { floor: loop, product: epoch },
          { floor: LONGEST_STALL, product: longest },
          { floor: relay.publications / MESSAGES, product: uploaded },
        ]
      },
      close: async () => {
        tables.close()
        await there.close()
      },
    }
  },
}

function perThousand(milliseconds: number): number {
  return (milliseconds * 1000) / MESSAGES
}
