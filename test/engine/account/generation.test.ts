// The number in the keychain beside the database: which profiles are taken for a copy that was put back.

import { expect, test } from 'vitest'
import { createAccount } from '../../../src/engine/account/create.ts'
import { beginGeneration, countGeneration } from '../../../src/engine/account/generation.ts'
import type { Generation, Ports } from '../../../src/engine/ports.ts'
import { migrate } from '../../../src/engine/storage/migrate.ts'
import { migrations } from '../../../src/engine/storage/migrations.ts'
import { createBlobTransfer } from '../../../src/host/blob-transfer.ts'
import { Username } from '../../../src/shared/ids.ts'
import { silentLog } from '../../silent-log.ts'
import { openSql, type TestSql } from '../open-sql.ts'
import { random, testClock } from '../signal/people.ts'

interface Keychain extends Generation {
  value: number | undefined
  locked: boolean
}

function keychain(value?: number): Keychain {
  return {
    value,
    locked: false,
    async read() {
      if (this.locked) throw new Error('locked')
      return this.value
    },
    async write(generation) {
      this.value = generation
    },
  }
}

/** Alice's profile, started so many times. */
async function profile(starts: number) {
  const sql = openSql()
  migrate(sql, migrations)
  const clock = testClock()
  const wish = { username: Username.parse('alice'), name: 'Alice', relay: { kind: 'this-computer' } as const }
  const own = createAccount({ sql, clock, random }, wish)
  const known = keychain()
  const on = (database: TestSql, generation: Generation): Ports => ({
    sql: database,
    clock,
    random,
    log: silentLog,
    generation,
    wire: { connect: () => ({ send: () => {}, close: () => {} }) },
    blobs: createBlobTransfer(clock),
    findRelay: async () => ({ url: '' }),
  })
  await beginGeneration(on(sql, known))
  /** Whether everything was renewed. */
  const start = async (database: TestSql, generation: Generation) =>
    (await countGeneration(on(database, generation), own)).registrationId !== own.registrationId
  for (let count = 1; count < starts; count++) expect(await start(sql, known)).toBe(false)
  return { sql, known, start }
}

test('[P83] a copy from before the last start is noticed, the profile itself is not taken for one', async () => {
  const { sql, known, start } = await profile(2)
  const copy = sql.copy()
  expect(await start(sql, known)).toBe(false)
  expect(await start(copy, known)).toBe(true)
  expect(await start(copy, known)).toBe(false)
})

test('[P83][E8] a profile that was brought to a keychain that knows nothing of it is taken for a copy', async () => {
  const { sql, start } = await profile(3)
  const elsewhere = keychain()
  expect(await start(sql.copy(), elsewhere)).toBe(true)
  expect(elsewhere.value).toBe(4)
})

test('[P83] a keychain that cannot be read now forgets nothing: the next start compares', async () => {
  const { sql, known, start } = await profile(2)
  const copy = sql.copy()
  for (let count = 0; count < 3; count++) await start(sql, known)
  known.locked = true
  expect(await start(copy, known)).toBe(false)
  expect(known.value).toBe(5)
  known.locked = false
  expect(await start(copy, known)).toBe(true)
})
