// A relay that cannot start: it ends with 1 or 2 and a sentence about what it was given, and never hangs.

import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openSqlite } from '../../src/host/sqlite.ts'
import { temporaryFolder } from '../relay/open.ts'
import { RELAY, startRelay } from '../relay/process.ts'

describe('the folder for its data', () => {
  test('that cannot be made is named', async () => {
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    await expect(startRelay(file)).rejects.toThrow(`ended with 1: ${file} is no folder`)
    const below = join(file, 'below')
    await expect(startRelay(below)).rejects.toThrow(`ended with 1: the folder ${below} cannot be made: ENOTDIR`)
  })

  test.runIf(process.platform === 'linux')('where nothing can be made is not tried for ever', async () => {
    await expect(startRelay('/proc/nope')).rejects.toThrow('ended with 1: the folder /proc/nope cannot be made: ENOENT')
  })

  test('whose name leaves no room for that of a socket in it is said to be too long', async () => {
    const folder = join(temporaryFolder(), 'x'.repeat(120))
    await expect(startRelay(folder)).rejects.toThrow(/ended with 2: --data: is too long/)
  })
})

describe('the database', () => {
  function folderWith(content: string): { data: string; file: string } {
    const data = temporaryFolder()
    mkdirSync(data, { recursive: true })
    const file = join(data, 'relay.sqlite')
    writeFileSync(file, content)
    return { data, file }
  }

  test('that is none is named', async () => {
    const { data, file } = folderWith('not a database, however long it goes on')
    await expect(startRelay(data)).rejects.toThrow(`ended with 1: ${file} is not the database of a relay`)
  })

  test('that a later version wrote is named, and left alone', async () => {
    const { data, file } = folderWith('')
    const sql = openSqlite({ file })
    sql.script('PRAGMA user_version = 9999')
    sql.close()
    await expect(startRelay(data)).rejects.toThrow(
      `ended with 1: ${file} cannot be used: schema 9999 is newer than this version knows`,
    )
  })

  test('elsewhere that nobody answers for is told with the reason, and without its password', async () => {
    const store = ['--store', 'postgres://sotto:hunter2@127.0.0.1:1/relay']
    const failure = startRelay(temporaryFolder(), store)
    await expect(failure).rejects.toThrow(
      'ended with 1: the database of --store cannot be reached: connect ECONNREFUSED 127.0.0.1:1',
    )
    await expect(failure).rejects.not.toThrow('hunter2')
    const settling = spawnSync(process.execPath, [RELAY, 'admin', ...store, 'restored'], { encoding: 'utf8' })
    expect({ status: settling.status, said: settling.stderr }).toEqual({
      status: 1,
      said: 'the database of --store cannot be reached: connect ECONNREFUSED 127.0.0.1:1\n',
    })
  })
})
