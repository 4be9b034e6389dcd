// The process that runs the relay of this computer: for all profiles, as long as the app that started it lives.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { verifySignature } from '../engine/signal/verify.ts'
import { systemClock } from '../host/clock.ts'
import { takeLock } from '../host/file-lock.ts'
import { createLog, logToFile } from '../host/log.ts'
import { systemRandom } from '../host/random.ts'
import { openSqlite } from '../host/sqlite.ts'
import { createBell } from '../relay/bell.ts'
import { openDiskBlobs } from '../relay/blobs/disk.ts'
import { DEFAULT_LIMITS } from '../relay/limits.ts'
import { createRelay, type Relay } from '../relay/relay.ts'
import type { RelayStore } from '../relay/store.ts'
import { openSqliteStore } from '../relay/stores/sqlite.ts'
import type { RelayReport } from './local-relay.ts'
import { newToken, readRelayNote, writeRelayNote } from './relay-note.ts'

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('the folder of the relay is the one argument')
const tell = (report: RelayReport): void => process.parentPort.postMessage(report)

run(folder).catch(() => tell('failed'))

async function run(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // Who has the lock is the relay. It goes with its process, however that ends.
  if (takeLock(join(folder, 'relay.lock')) === undefined) return tell('elsewhere')
  const known = readRelayNote(folder)
  const token = known?.token ?? newToken()
  const store = openSqliteStore(openSqlite({ file: join(folder, 'relay.db'), exclusive: true }), systemRandom, {
    clock: systemClock,
  })
  const relay = createRelay({
    store,
    blobs: await openDiskBlobs(join(folder, 'blobs')),
    bell: createBell(),
    clock: systemClock,
    random: systemRandom,
    log: createLog(logToFile(join(folder, 'relay.log')), systemClock),
    limits: DEFAULT_LIMITS,
    verify: verifySignature,
    access: { token, loopbackOnly: true, invitations: 'open' },
  })
  const port = await listen(relay, known?.port)
  writeRelayNote(folder, { port, token, process: process.pid })
  process.parentPort.on('message', () => {
    stop(relay, store).then(
      () => process.exit(0),
      () => process.exit(1),
    )
  })
  tell('listening')
}

async function stop(relay: Relay, store: RelayStore): Promise<void> {
  await relay.close()
  await store.close()
}

/** Where it listened before, so that an address once shown stays true; elsewhere if that port is somebody else's now. */
async function listen(relay: Relay, before = 0): Promise<number> {
  const here = (port: number): Promise<{ port: number }> => relay.listen({ host: '127.0.0.1', port })
  const { port } = await here(before).catch(() => here(0))
  return port
}
