// A mistake of our own in a relay that runs: it is written down without its words, and nothing that is not.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { openSqlite } from '../../src/host/sqlite.ts'
import { temporaryFolder } from '../relay/open.ts'
import { RELAY, type RelayProcess, startRelay } from '../relay/process.ts'
import { until } from '../until.ts'

const WORDS = 'what Alice wrote to Bob'

/** Its mistakes are made at SIGUSR2. */
function startMistaken(data: string, mistake: string): Promise<RelayProcess> {
  const program = join(temporaryFolder(), 'relay.mjs')
  writeFileSync(
    program,
    `process.on('SIGUSR2', () => { ${mistake} })\nawait import(${JSON.stringify(pathToFileURL(RELAY).href)})\n`,
  )
  return startRelay(data, [], undefined, program)
}

function logged(relay: RelayProcess): Record<string, unknown>[] {
  return relay.printed.filter((line) => !line.startsWith('relay ready')).map((line) => JSON.parse(line))
}

test('what is thrown and never caught ends it with 1, in one line of the log that says where and not what', async () => {
  const data = temporaryFolder()
  const relay = await startMistaken(data, `throw new RangeError(${JSON.stringify(WORDS)})`)
  relay.signal('SIGUSR2')
  expect(await relay.ended).toBe(1)
  const place = expect.stringMatching(/^relay\.mjs:\d+$/)
  expect(logged(relay).at(-1)).toMatchObject({ level: 'error', event: 'uncaught', error: 'RangeError', place })
  expect(relay.printed.join('\n')).not.toContain(WORDS)
  const sql = openSqlite({ file: join(data, 'relay.sqlite') })
  expect(sql.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }])
  sql.close()
})

test('a promise that nobody waited for is noted the same way, and it goes on', async () => {
  const relay = await startMistaken(temporaryFolder(), `Promise.reject(new TypeError(${JSON.stringify(WORDS)}))`)
  relay.signal('SIGUSR2')
  await until(() => logged(relay).some(({ event }) => event === 'unhandled'), 'it to be noted')
  expect(logged(relay).find(({ event }) => event === 'unhandled')).toMatchObject({ level: 'error', error: 'TypeError' })
  expect(relay.printed.join('\n')).not.toContain(WORDS)
  expect((await fetch(`${relay.url.replace('ws:', 'http:')}/health`)).status).toBe(200)
  relay.signal('SIGTERM')
  expect(await relay.ended).toBe(0)
})
