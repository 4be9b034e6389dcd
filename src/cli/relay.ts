// The relay on its own: npm run relay -- [--data DIR | --store URL] [--host H] [--port P] [--token-file F] [--invited]
// [--invite N]

import { mkdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { verifySignature } from '../engine/signal/verify.ts'
import { systemClock } from '../host/clock.ts'
import { createLog, logToStandardError } from '../host/log.ts'
import { systemRandom } from '../host/random.ts'
import { openSqlite } from '../host/sqlite.ts'
import { type Bell, createBell } from '../relay/bell.ts'
import { isLoopback } from '../relay/door.ts'
import { DEFAULT_LIMITS } from '../relay/limits.ts'
import type { Crash, Log } from '../relay/ports.ts'
import { createRelay } from '../relay/relay.ts'
import type { RelayStore } from '../relay/store.ts'
import { openClusterBell } from '../relay/stores/postgres/bell.ts'
import { openPostgresStore } from '../relay/stores/postgres.ts'
import { openSqliteStore } from '../relay/stores/sqlite.ts'
import { type Sql, SqlFailure } from '../shared/sql.ts'
import { failpointFrom } from './failpoint.ts'

const USAGE = `Usage: npm run relay -- [options]

  --data DIR         where it keeps its database (default: ${defaultData()})
  --store URL        keeps it in PostgreSQL instead (postgres://…), which several relays may share; the password can
                     come from PGPASSWORD or ~/.pgpass, so that it is in no list of processes
  --host HOST        where it listens (default: 127.0.0.1)
  --port PORT        0 for any that is free (default: 8433)
  --token-file FILE  asks every device for the token in it
  --invited          registers people by invitation only
  --invite N         prints N invitations, each good once
  --tls-in-front     there is a proxy that speaks TLS: needed to listen beyond this computer
  --help             this
`

interface Options {
  data: string
  store: string | undefined
  host: string
  port: number
  token: string | undefined
  invited: boolean
  invitations: number
  tlsInFront: boolean
}

/** Throws a RangeError or TypeError with a sentence for whoever typed it. */
function readOptions(): Options | 'help' {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: defaultData() },
      store: { type: 'string' },
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '8433' },
      'token-file': { type: 'string' },
      invited: { type: 'boolean', default: false },
      invite: { type: 'string', default: '0' },
      'tls-in-front': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  const options = {
    data: resolve(values.data),
    store: values.store === undefined ? undefined : storeAddress(values.store),
    host: values.host,
    port: wholeNumber('--port', values.port, 65_535),
    token: values['token-file'] === undefined ? undefined : readToken(values['token-file']),
    invited: values.invited,
    invitations: wholeNumber('--invite', values.invite, 1000),
    tlsInFront: values['tls-in-front'],
  }
  if (!isLoopback(options.host) && !options.tlsInFront)
    throw new RangeError(
      `Beyond this computer a relay has to be reached over TLS. Put a proxy that speaks it in front, and say --tls-in-front.`,
    )
  return options
}

function wholeNumber(option: string, text: string, most: number): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || number > most) throw new RangeError(`${option} is a number from 0 to ${most}`)
  return number
}

function storeAddress(text: string): string {
  if (/^postgres(ql)?:\/\//.test(text)) return text
  throw new RangeError('--store is an address of PostgreSQL: postgres://user@host/database')
}

function readToken(file: string): string {
  const token = readText(file).trim()
  if (!/^[\x21-\x7e]{16,}$/.test(token)) throw new RangeError('a token has 16 or more visible ASCII characters')
  return token
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new RangeError('--token-file cannot be read')
  }
}

function defaultData(): string {
  const { platform, env } = process
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), 'Sotto Relay')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Sotto Relay')
  // A relative path is to be ignored, says the XDG base directory specification.
  const share = env.XDG_DATA_HOME
  return join(share && isAbsolute(share) ? share : join(homedir(), '.local', 'share'), 'sotto-relay')
}

interface Keeping {
  store: RelayStore
  bell: Bell
  close(): Promise<void>
}

/** In a file for this relay alone, or in a database for several. */
async function open({ data, store: url }: Options, log: Log, crash: Crash | undefined): Promise<Keeping> {
  if (url === undefined) {
    mkdirSync(data, { recursive: true, mode: 0o700 })
    const store = openSqliteStore(openDatabase(join(data, 'relay.sqlite')), systemRandom, crash)
    return { store, bell: createBell(), close: store.close }
  }
  const ports = { url, clock: systemClock, random: systemRandom }
  const store = await openPostgresStore({ ...ports, ...(crash && { crash }) })
  const bell = await openClusterBell({ ...ports, log })
  return {
    store,
    bell,
    close: async () => {
      await bell.close()
      await store.close()
    },
  }
}

async function run(options: Options): Promise<void> {
  const { host, port, token, invited, invitations } = options
  const crash = failpointFrom(process.env)
  const log = createLog(logToStandardError, systemClock)
  const { store, bell, close } = await open(options, log, crash)
  const relay = createRelay({
    store,
    bell,
    clock: systemClock,
    random: systemRandom,
    log,
    limits: DEFAULT_LIMITS,
    verify: verifySignature,
    access: {
      ...(token !== undefined && { token }),
      loopbackOnly: isLoopback(host),
      invitations: invited ? 'invited' : 'open',
    },
    ...(crash && { crash }),
  })
  const bound = await relay.listen({ host, port })
  // Not before it listens: an invitation of a relay that did not start would be one that nobody has.
  for (let made = 0; made < invitations; made++) console.log(`invitation ${await relay.invite()}`)
  console.log(`relay ready ws://${host.includes(':') ? `[${host}]` : host}:${bound.port}`)

  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    await relay.close()
    await close()
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      stop().catch(complain)
    })
}

function openDatabase(file: string): Sql {
  try {
    return openSqlite({ file, exclusive: true })
  } catch (error) {
    if (error instanceof SqlFailure && error.kind === 'busy') throw new Error(`another relay is using ${file}`)
    throw error
  }
}

/** Undefined: the command line makes no sense, which is told. */
function understand(): Options | 'help' | undefined {
  try {
    return readOptions()
  } catch (error) {
    complain(error)
    console.error(`\n${USAGE}`)
    process.exitCode = 2
    return undefined
  }
}

function complain(error: unknown): void {
  console.error(error instanceof Error ? error.message : 'unknown error')
  process.exitCode = 1
}

const options = understand()
if (options === 'help') console.log(USAGE)
else if (options !== undefined) await run(options).catch(complain)
