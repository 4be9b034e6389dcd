// A relay in this process, on a port of its own, with its store in a file that goes when the test does.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { verifySignature } from '../../src/engine/signal/verify.ts'
import { systemClock } from '../../src/host/clock.ts'
import { systemRandom } from '../../src/host/random.ts'
import { openSqlite } from '../../src/host/sqlite.ts'
import { type Bell, createBell } from '../../src/relay/bell.ts'
import { openDiskBlobs } from '../../src/relay/blobs/disk.ts'
import { DEFAULT_LIMITS } from '../../src/relay/limits.ts'
import type { Crash, LogFields } from '../../src/relay/ports.ts'
import { createRelay, type Relay, type RelayParts } from '../../src/relay/relay.ts'
import type { RelayStore } from '../../src/relay/store.ts'
import { openSqliteStore } from '../../src/relay/stores/sqlite.ts'
import type { Address } from './device.ts'

export interface OpenRelay extends Address {
  port: number
  relay: Relay
  store: RelayStore
  file: string
  /** Where its blobs are. */
  blobFolder: string
  /** Every line it logged. */
  logged: { event: string; fields?: LogFields }[]
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-relay-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** What one relay is made around. */
export interface Node {
  store: RelayStore
  bell: Bell
  /** After the relay. */
  close(): Promise<void>
}

type OpenNodes = (crash: Crash | undefined) => Promise<readonly Node[]>

let openNodes: OpenNodes | undefined

/** From now on the relays of this test file are several, which share a store: devices go to them by turns. */
export function spreadOver(open: OpenNodes): void {
  openNodes = open
}

export async function openRelay(parts: Partial<RelayParts> = {}): Promise<OpenRelay> {
  const folder = temporaryFolder()
  const file = join(folder, 'relay.sqlite')
  const blobFolder = join(folder, 'blobs')
  const blobs = await openDiskBlobs(blobFolder)
  const inFile = (): Node => {
    const store =
      parts.store ?? openSqliteStore(openSqlite({ file }), systemRandom, { crash: parts.crash, clock: systemClock })
    return { store, bell: createBell(), close: store.close }
  }
  const nodes = parts.store === undefined && openNodes !== undefined ? await openNodes(parts.crash) : [inFile()]
  const [first] = nodes
  if (first === undefined) throw new Error('a relay without a node')
  const logged: OpenRelay['logged'] = []
  const note = (event: string, fields?: LogFields) => void logged.push({ event, ...(fields && { fields }) })
  const relays = nodes.map(({ store, bell }) =>
    createRelay({
      blobs,
      bell,
      clock: systemClock,
      random: systemRandom,
      log: { info: note, warn: note, error: note },
      limits: DEFAULT_LIMITS,
      verify: verifySignature,
      access: { loopbackOnly: true, invitations: 'open' },
      ...parts,
      store,
    }),
  )
  const [relay] = relays
  if (relay === undefined) throw new Error('a node without a relay')
  const ports: number[] = []
  for (const each of relays) ports.push((await each.listen({ host: '127.0.0.1', port: 0 })).port)
  onTestFinished(async () => {
    for (const each of relays) await each.close()
    for (const node of nodes) await node.close()
  })
  let dialled = 0
  return {
    get url() {
      return `ws://127.0.0.1:${ports[dialled++ % ports.length]}`
    },
    port: ports[0] ?? 0,
    relay: { ...relay, close: async () => void (await Promise.all(relays.map((each) => each.close()))) },
    store: first.store,
    file,
    blobFolder,
    logged,
  }
}
