// Makes a database of every kind as this version writes it: `node test/golden/make-databases.ts FOLDER`. Run at a version
// that went out to people, once; later versions have to go on with what it made.
//
// Alice and Bob have talked. Bob was gone when Alice wrote the last message, so that the relay holds it.

import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openSqlite } from '../../src/host/sqlite.ts'
import { World } from '../world.ts'

/** Of the profiles that test/world.ts opens. */
const KEY = new Uint8Array(32).fill(7)
/** One-time prekeys that are left on both sides: they are large, and a few tell as much. */
const KEPT = 5

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('which folder?')
mkdirSync(folder)
const world = await World.create()
try {
  const [alice, bob] = await world.friends('Alice', 'Bob')
  await alice.say(bob, 'How are you?')
  await bob.sees(alice, ['Hello Bob', 'How are you?'])
  await bob.say(alice, 'Fine')
  await alice.sees(bob, ['Hello Bob', 'How are you?', 'Fine'])
  await alice.reaches(bob, 'How are you?', 'delivered')
  await bob.reaches(alice, 'Fine', 'delivered')
  await bob.close()
  await alice.say(bob, 'Read this tomorrow')
  await alice.reaches(bob, 'Read this tomorrow', 'sent')
  await alice.close()
  await world.stopRelay()
  keepFew(world.relayFile, join(folder, 'relay.db'), undefined, [['one_time_prekeys']])
  for (const person of [alice, bob]) {
    const tables = [['one_time_prekeys'], ['kyber_prekeys', 'last_resort = 0']]
    keepFew(person.file, join(folder, `${person.username}.db`), KEY, tables)
  }
} finally {
  await world.close()
}

function keepFew(from: string, to: string, key: Uint8Array | undefined, tables: readonly string[][]): void {
  copyFileSync(from, to)
  const sql = openSqlite({ file: to, ...(key && { key }) })
  for (const [table, where = '1'] of tables) {
    const least = `(SELECT min(id) FROM ${table} WHERE ${where})`
    sql.run(`DELETE FROM ${table} WHERE ${where} AND id >= ${least} + ${KEPT}`)
  }
  sql.script('VACUUM')
  sql.close()
}
