// A relay in this process, on a port of its own, with its store in a file that goes when the test does.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { systemClock } from '../../src/host/clock.ts'
import { systemRandom } from '../../src/host/random.ts'
import { openSqlite } from '../../src/host/sqlite.ts'
import { createBell } from '../../src/relay/bell.ts'
import { DEFAULT_LIMITS } from '../../src/relay/limits.ts'
import type { LogFields } from '../../src/relay/ports.ts'
import { createRelay, type Relay, type RelayParts } from '../../src/relay/relay.ts'
import type { RelayStore } from '../../src/relay/store.ts'
import { openSqliteStore } from '../../src/relay/stores/sqlite.ts'
import { type Address, verify } from './device.ts'

export interface OpenRelay extends Address {
  port: number
  relay: Relay
  store: RelayStore
  file: string
  /** Every line it logged. */
  logged: { event: string; fields?: LogFields }[]
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-relay-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export async function openRelay(parts: Partial<RelayParts> = {}): Promise<OpenRelay> {
  const file = join(temporaryFolder(), 'relay.sqlite')
  const store = parts.store ?? openSqliteStore(openSqlite({ file }), systemRandom)
  const logged: OpenRelay['logged'] = []
  const note = (event: string, fields?: LogFields) => void logged.push({ event, ...(fields && { fields }) })
  const relay = createRelay({
    bell: createBell(),
    clock: systemClock,
    random: systemRandom,
    log: { info: note, warn: note, error: note },
    limits: DEFAULT_LIMITS,
    verify,
    access: { loopbackOnly: true, invitations: 'open' },
    ...parts,
    store,
  })
  const { port } = await relay.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(async () => {
    await relay.close()
    await store.close()
  })
  return { url: `ws://127.0.0.1:${port}`, port, relay, store, file, logged }
}
