// What saying something costs, encrypted and on the disk, beside the encryption and one commit of the same rows.
//
// Floor: signalEncrypt with stores in memory; one SQLCipher transaction (WAL, FULL) of session record, message and
// ciphertext; through prepared statements.
//
// send: sendMessage over an established session, until it answers that the message is committed, with somebody listening to
// changes as a window does; the relay takes its time meanwhile, so that nothing is noted that the floor has no word for.
// sent: until the relay has accepted all, and that is noted, too.

import { join } from 'node:path'
import { pad } from '../../src/protocol/padding.ts'
import { personConversation } from '../../src/shared/ids.ts'
import { until } from '../until.ts'
import { copyDatabase, isOnline, makeAcquaintances, openDesk, value } from './acquaintances.ts'
import { BareSession } from './bare-session.ts'
import { BareTables } from './bare-tables.ts'
import { type Bench, processorTime } from './bench.ts'
import { createInstantRelay } from './instant-relay.ts'

const MESSAGES = 400
const TEXT = 'Shall we have tea at five, under the big tree, as we said? '.repeat(3)
/** Around a text: addresses, chain and time. */
const CONTENT_BYTES = TEXT.length + 150

export const send: Bench = {
  measures: [
    { name: 'send', unit: 'ms CPU per 1,000, until committed', goal: 1.3 },
    { name: 'sent', unit: 'ms CPU per 1,000, until accepted', goal: undefined },
  ],
  async open() {
    const people = await makeAcquaintances()
    const { alice, bob, folder } = people
    const file = (name: string) => copyDatabase(alice.file, join(folder, name))
    const session = new BareSession(file('floor.db'), alice.account, bob.account)
    const tables = new BareTables(join(folder, 'bare.db'))
    const relay = createInstantRelay({ keepSubmissions: false })
    const desk = await openDesk(file('product.db'), relay, people.relay)
    await isOnline(desk)
    const conversation = personConversation(bob.account)

    async function floor(): Promise<void> {
      for (let index = 0; index < MESSAGES; index++) {
        const ciphertext = (await session.encrypt(pad(new Uint8Array(CONTENT_BYTES)))).serialize()
        tables.commit(() => {
          tables.session(session.record())
          tables.message(TEXT)
          tables.ciphertext(ciphertext)
        })
      }
    }

    // As a window would.
    desk.messenger.onChange(() => {})

    async function commit(): Promise<void> {
      relay.hold()
      for (let index = 0; index < MESSAGES; index++)
        value(await desk.messenger.handlers.sendMessage({ conversation, text: TEXT }))
    }

    function accept(): Promise<void> {
      relay.letGo()
      const waiting = "SELECT 1 AS yes FROM outbox WHERE state IN ('waiting', 'sealed') LIMIT 1"
      return until(() => desk.sql.get(waiting) === undefined, 'all is accepted')
    }

    return {
      async pair() {
        const bare = perThousand(await processorTime(floor))
        const committed = perThousand(await processorTime(commit))
        const accepted = perThousand(await processorTime(accept))
        return [
          { floor: bare, product: committed },
          { floor: bare, product: committed + accepted },
        ]
      },
      close: async () => {
        await desk.close()
        tables.close()
        people.close()
      },
    }
  },
}

function perThousand(milliseconds: number): number {
  return (milliseconds * 1000) / MESSAGES
}
