// A page of old messages out of the vault, beside libsignal alone that opens the same in memory.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  groupDecrypt,
  groupEncrypt,
  processSenderKeyDistributionMessage,
  SenderKeyDistributionMessage,
} from '@signalapp/libsignal-client'
import { createAccount } from '../../../src/engine/account/create.ts'
import { protocolAddress } from '../../../src/engine/signal/address.ts'
import { owned } from '../../../src/engine/signal/bytes.ts'
import { createGroupSessions } from '../../../src/engine/signal/group-sessions.ts'
import { PassingSenderKey } from '../../../src/engine/signal/sender-key-store.ts'
import { createSignal } from '../../../src/engine/signal/signal.ts'
import { migrate } from '../../../src/engine/storage/migrate.ts'
import { migrations } from '../../../src/engine/storage/migrations.ts'
import { systemClock } from '../../../src/host/clock.ts'
import { systemRandom } from '../../../src/host/random.ts'
import { openSqlite } from '../../../src/host/sqlite.ts'
import { pad } from '../../../src/protocol/padding.ts'
import { AccountId, DeviceId, GroupSessionId, Username } from '../../../src/shared/ids.ts'
import { type Bench, processorTime } from '../bench.ts'

const PAGE = 100
/** Pages in one measurement. */
const PAGES = 20

export const vault: Bench = {
  measures: [{ name: 'vault', unit: `ms CPU per page of ${PAGE}, opened again`, goal: 2 }],
  async open() {
    const folder = mkdtempSync(join(tmpdir(), 'sotto-bench-vault-'))
    const sql = openSqlite({ file: join(folder, 'bob.db') })
    migrate(sql, migrations)
    const ports = { sql, clock: systemClock, random: systemRandom }
    const bob = createAccount(ports, {
      ...{ username: Username.parse('bob'), name: 'Bob', relay: { kind: 'this-computer' } },
    })
    const signal = createSignal(ports, bob)
    const session = GroupSessionId.parse(crypto.randomUUID())
    const owner = { account: AccountId.parse(crypto.randomUUID()), device: DeviceId.parse(1) }
    const there = protocolAddress(owner)
    const speaking = new PassingSenderKey()
    const distribution = (await SenderKeyDistributionMessage.create(there, session, speaking)).serialize()
    const ciphertexts: Uint8Array<ArrayBuffer>[] = []
    for (let index = 0; index < PAGE; index++)
      ciphertexts.push((await groupEncrypt(there, session, speaking, pad(new Uint8Array(300)))).serialize())

    async function bare(): Promise<void> {
      for (let page = 0; page < PAGES; page++) {
        const store = new PassingSenderKey()
        await processSenderKeyDistributionMessage(
          there,
          SenderKeyDistributionMessage.deserialize(owned(distribution)),
          store,
        )
        for (const ciphertext of ciphertexts) await groupDecrypt(there, store, ciphertext)
      }
    }

    async function product(): Promise<void> {
      for (let page = 0; page < PAGES; page++) {
        const reading = createGroupSessions(bob)
        const unit = signal.unit()
        for (const ciphertext of ciphertexts) {
          const read = await reading.read(unit, { session, owner, distribution }, ciphertext)
          if (read.is !== 'plaintext') throw new Error(read.why)
        }
        unit.abandon()
      }
    }

    return {
      pair: async () => [
        { floor: (await processorTime(bare)) / PAGES, product: (await processorTime(product)) / PAGES },
      ],
      close: async () => {
        sql.close()
        rmSync(folder, { recursive: true, force: true })
      },
    }
  },
}
