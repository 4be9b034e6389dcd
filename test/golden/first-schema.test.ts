// Databases of the first version that two people could chat with (relay: schema 1, messenger: schema 2), as it wrote them.
// make-databases.ts says what is in them.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openSqlite } from '../../src/host/sqlite.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'

const FIRST = join(import.meta.dirname, '../fixtures/first-schema')

/** What the keychain held beside a profile: as much as the database says itself. */
function generationOf(world: World, name: string): number {
  const sql = openSqlite({ file: join(world.folder, `${name}.db`), key: new Uint8Array(32).fill(7) })
  const row = sql.get<{ version: number; generation: number }>(
    'SELECT user_version AS version, generation FROM pragma_user_version, own_state',
  )
  sql.close()
  expect(row?.version).toBe(2)
  return row?.generation ?? 0
}

test('[P83][S2] people and their relay go on after an update where they were, with what still waited', async () => {
  // Where SQLite writes the user version of a file.
  expect(readFileSync(join(FIRST, 'relay.db')).readUInt32BE(60)).toBe(1)
  const world = await World.create({ databases: FIRST })
  try {
    const alice = await world.oldFriend('Alice', generationOf(world, 'alice'))
    const bob = await world.oldFriend('Bob', generationOf(world, 'bob'))
    const before = ['Hello Bob', 'How are you?', 'Fine', 'Read this tomorrow']
    expect(await alice.reads(bob)).toEqual(before)
    await bob.sees(alice, before)
    await alice.reaches(bob, 'Read this tomorrow', 'delivered')

    await bob.say(alice, 'I have')
    await alice.sees(bob, [...before, 'I have'])
    await bob.reaches(alice, 'I have', 'delivered')
    // The relay hands out their keys to somebody new, and those are the right ones.
    const carol = await world.person('Carol')
    await carol.befriend(alice)
    await until(async () => (await carol.conversation(alice)).state === 'open', 'Carol and Alice talk')
  } finally {
    await world.close()
  }
})
