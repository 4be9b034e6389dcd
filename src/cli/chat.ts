// The messenger without a window: `npm run chat`, the engine as JSON-RPC on standard input and output.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { openMessenger } from '../engine/messenger.ts'
import { createBlobTransfer } from '../host/blob-transfer.ts'
import { systemClock } from '../host/clock.ts'
import { createFileKeychain } from '../host/file-keychain.ts'
import { createKeychain } from '../host/keychain.ts'
import { createLog, logToFile, logToStandardError } from '../host/log.ts'
import { openProfileHost } from '../host/profile.ts'
import { openProfileFolder } from '../host/profile-folder.ts'
import { systemRandom } from '../host/random.ts'
import { createWire } from '../host/wire.ts'
import { dispatch } from '../shared/dispatch.ts'
import { whereThrown } from '../shared/thrown.ts'
import { type ChatOptions, parseChatOptions, USAGE, UsageError } from './chat-options.ts'
import { failpointFrom } from './failpoint.ts'
import { relayFinder } from './find-relay.ts'
import { createJsonRpc } from './json-rpc.ts'

/** Bytes of answers that nobody has read: then what is asked waits, until somebody has. */
const MOST_UNREAD = 16 << 20
/** Milliseconds. A relay that is silent, or a reader that does not read, holds up nobody who asks us to stop. */
const STOPPED_WITHIN = 3_000

/** Until standard input ends, standard output is gone, or somebody asks us to stop. */
async function chat(options: ChatOptions): Promise<void> {
  const folder = openProfileFolder(options.data, options.profile)
  const sink = options.logToStandardError ? logToStandardError : logToFile(folder.log)
  const log = createLog(sink, systemClock)
  const crash = failpointFrom(process.env.SOTTO_FAILPOINT)
  const { keychainFile } = options
  const host = openProfileHost({
    folder,
    keychain:
      keychainFile === undefined
        ? createKeychain('Sotto', systemClock)
        : createFileKeychain(keychainFile.path, keychainFile.passphrase, systemClock),
    host: { shell: 'command-line', version: version(), profile: options.profile, platform: process.platform },
    openMessenger,
    ports: {
      wire: createWire(systemClock),
      blobs: createBlobTransfer(systemClock),
      clock: systemClock,
      random: systemRandom,
      log,
      findRelay: relayFinder(options.data, options.relay),
      ...(crash === undefined ? {} : { crash }),
    },
  })
  const rpc = createJsonRpc({
    call: (method, params) =>
      dispatch(host.handlers, method, params, (call, error) =>
        log.error('call.broken', { call, ...whereThrown(error) }),
      ),
    write: (line) => {
      process.stdout.write(`${line}\n`)
    },
  })
  host.onChange((changes) => rpc.notify('change', changes))
  process.stdin.on('data', (bytes: Buffer) => {
    rpc.receive(bytes)
    if (process.stdout.writableLength < MOST_UNREAD) return
    process.stdin.pause()
    process.stdout.once('drain', () => process.stdin.resume())
  })
  // What is still written while we close, to a reader that is gone, must not end us half-way.
  process.stdout.on('error', () => {})
  const finished = once(process.stdin, 'end').then(() => rpc.finish())
  const stopped = Promise.race([once(process.stdout, 'error'), once(process, 'SIGTERM'), once(process, 'SIGINT')]).then(
    () => setTimeout(() => process.exit(), STOPPED_WITHIN).unref(),
  )
  await Promise.race([finished, stopped])
  process.stdin.destroy()
  await host.close()
  sink.close()
}

function version(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version
}

try {
  const options = parseChatOptions(process.argv.slice(2), process.env)
  if (options === 'help') process.stdout.write(USAGE)
  else await chat(options)
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n\n${USAGE}`)
    process.exitCode = 2
  } else if (error instanceof Error && 'syscall' in error) {
    // What the system refuses, such as a folder that cannot be made. Our own mistakes show their place.
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  } else throw error
}
