// The relay on its own: npm run relay -- [options], and npm run relay -- admin … for one that runs.

import { mkdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { verifySignature } from '../engine/signal/verify.ts'
import { systemClock } from '../host/clock.ts'
import { createLog, logToStandardError } from '../host/log.ts'
import { systemRandom } from '../host/random.ts'
import { openSqlite } from '../host/sqlite.ts'
import { createAdministration } from '../relay/administration.ts'
import { createBell } from '../relay/bell.ts'
import { isLoopback } from '../relay/door.ts'
import { createRelay } from '../relay/relay.ts'
import { openSqliteStore } from '../relay/stores/sqlite.ts'
import { failpointFrom } from './failpoint.ts'
import { administer } from './relay/admin.ts'
import { serveAdmin } from './relay/admin-socket.ts'
import { databaseIn } from './relay/backup.ts'
import { runCommand } from './relay/commands.ts'
import { listenForMetrics } from './relay/metrics-listener.ts'
import { readCertificate, readSecrets, type Secrets } from './relay/secrets.ts'
import { flagOf, readSettings, SETTING_KINDS, type Settings, SettingsRefused } from './relay/settings.ts'

const USAGE = `npm run relay -- [options]
npm run relay -- admin --help    for one that runs

  --config FILE             settings as JSON; the environment (SOTTO_RELAY_PORT …) and options come before it
  --check-config            prints the settings it would run with, without secrets, and ends
  --data DIR                where it keeps its database
  --host HOST               where it listens (default: 127.0.0.1)
  --port PORT               0 for any that is free (default: 8433)
  --token-file FILE         asks every device for the token in it
  --invited                 registers people by invitation only
  --invite N                prints N invitations, each good once
  --tls-certificate FILE    speaks TLS: a chain in PEM, read again at SIGHUP
  --tls-key FILE            and its key
  --metrics-port PORT       numbers for Prometheus on this computer, at /metrics
  --tls-in-front            there is a proxy that speaks TLS, and that adds where people come from to X-Forwarded-For

Beyond this computer a relay needs a certificate or a proxy. All settings: docs/running-a-relay.md
`

interface Start {
  settings: Settings
  invitations: number
  checkOnly: boolean
}

/** Throws SettingsRefused, or a TypeError with a sentence for whoever typed it. */
function readStart(): Start | 'help' {
  const settingFlags = Object.entries(SETTING_KINDS).map(
    ([name, kind]) => [flagOf(name), { type: kind === 'switch' ? 'boolean' : 'string' }] as const,
  )
  const { values } = parseArgs({
    options: {
      ...Object.fromEntries(settingFlags),
      config: { type: 'string' },
      'check-config': { type: 'boolean', default: false },
      invite: { type: 'string', default: '0' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  return {
    settings: readSettings({ file: values.config, environment: process.env, flags: values }),
    invitations: invitationsIn(values.invite),
    checkOnly: values['check-config'],
  }
}

function invitationsIn(text: string): number {
  if (/^\d+$/.test(text) && Number(text) <= 1000) return Number(text)
  throw new SettingsRefused('--invite: is not a number from 0 to 1000')
}

async function run(settings: Settings, secrets: Secrets, invitations: number): Promise<void> {
  const { data, host, port, invited, tlsInFront, limits, metricsHost, metricsPort } = settings
  const { token, certificate, metricsToken } = secrets
  mkdirSync(data, { recursive: true, mode: 0o700 })
  const crash = failpointFrom(process.env)
  const log = createLog(logToStandardError, systemClock)
  const store = openSqliteStore(openSqlite({ file: databaseIn(data), exclusive: true }), systemRandom, crash)
  const bell = createBell()
  const relay = createRelay({
    store,
    bell,
    clock: systemClock,
    random: systemRandom,
    log,
    limits,
    verify: verifySignature,
    access: {
      ...(token !== undefined && { token }),
      loopbackOnly: isLoopback(host) && !tlsInFront && certificate === undefined,
      proxyInFront: tlsInFront,
      invitations: invited ? 'invited' : 'open',
    },
    ...(certificate && { certificate }),
    ...(crash && { crash }),
  })
  const administration = createAdministration({ store, bell, clock: systemClock })
  const admin = await serveAdmin(data, (asked) => {
    log.info('administered', { command: asked.command })
    return runCommand({ relay, store, administration }, asked)
  })
  for (let made = 0; made < invitations; made++) console.log(`invitation ${await relay.invite()}`)
  const bound = await relay.listen({ host, port })
  const scheme = certificate === undefined ? 'ws' : 'wss'
  console.log(`relay ready ${scheme}://${host.includes(':') ? `[${host}]` : host}:${bound.port}`)
  const metricsPlace = metricsPort !== undefined && { host: metricsHost, port: metricsPort, token: metricsToken }
  const metrics = metricsPlace && (await listenForMetrics(metricsPlace, relay.metrics))
  if (metrics) log.info('metrics', { port: metrics.port })

  process.on('SIGHUP', () => {
    try {
      const renewed = readCertificate(settings, systemClock.now())
      if (renewed === undefined) return
      relay.renewCertificate(renewed)
      log.info('certificate renewed')
    } catch (error) {
      // The one in use stays: a relay is better reached with an old certificate than not at all.
      log.error('certificate not renewed', { why: messageOf(error) })
    }
  })
  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    admin.close()
    await relay.close()
    if (metrics) metrics.close()
    await store.close()
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      stop().catch(complain)
    })
}

function complain(error: unknown): void {
  console.error(messageOf(error))
  process.exitCode = error instanceof SettingsRefused ? 2 : 1
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown error'
}

try {
  const [first, ...others] = process.argv.slice(2)
  const start = first === 'admin' ? 'admin' : readStart()
  if (start === 'admin') for (const line of await administer(others)) console.log(line)
  else if (start === 'help') console.log(USAGE)
  else {
    const secrets = readSecrets(start.settings, systemClock.now())
    if (start.checkOnly) console.log(JSON.stringify(start.settings, undefined, 2))
    else await run(start.settings, secrets, start.invitations)
  }
} catch (error) {
  complain(error)
}
