// An account at work, opened up: for what the engine can do but no call asks for yet.

import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createAccount } from '../../../src/engine/account/create.ts'
import { createChangeFeed } from '../../../src/engine/changes.ts'
import { createLive, type Live } from '../../../src/engine/live.ts'
import type { BlobTransfer, RelayAddress } from '../../../src/engine/ports.ts'
import { migrate } from '../../../src/engine/storage/migrate.ts'
import { migrations } from '../../../src/engine/storage/migrations.ts'
import { createBlobTransfer } from '../../../src/host/blob-transfer.ts'
import { systemRandom } from '../../../src/host/random.ts'
import { openSqlite } from '../../../src/host/sqlite.ts'
import { createWire } from '../../../src/host/wire.ts'
import { Username } from '../../../src/shared/ids.ts'
import { until } from '../../until.ts'
import type { World } from '../../world.ts'

/** Registered and online, until the test is over. */
export async function atWork(
  world: World,
  name: string,
  address: () => RelayAddress = () => world.address(),
  blobs: (real: BlobTransfer) => BlobTransfer = (real) => real,
): Promise<Live> {
  const sql = openSqlite({ file: join(world.folder, `${name}.db`), key: new Uint8Array(32).fill(7) })
  migrate(sql, migrations)
  const { clock, log } = world
  const ports = {
    sql,
    wire: createWire(clock),
    blobs: blobs(createBlobTransfer(clock)),
    clock,
    random: systemRandom,
    log,
    generation: { read: async () => undefined, write: async () => {} },
    findRelay: async () => address(),
  }
  const relay = { kind: 'address', url: address().url } as const
  const live = createLive(
    ports,
    createChangeFeed(),
    createAccount(ports, { username: Username.parse(name), name, relay }),
    async () => undefined,
  )
  onTestFinished(async () => {
    await live.close()
    sql.close()
  })
  live.connection.start()
  await until(async () => live.connection.state().state === 'online', `${name} is online`)
  return live
}
