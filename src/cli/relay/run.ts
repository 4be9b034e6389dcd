// A relay that runs, from its settings until it is told to stop: its store, its doors, and what signals do to it.

import { verifySignature } from '../../engine/signal/verify.ts'
import { systemClock } from '../../host/clock.ts'
import { createLog, logToStandardError } from '../../host/log.ts'
import { systemRandom } from '../../host/random.ts'
import { createAdministration } from '../../relay/administration.ts'
import { isLoopback } from '../../relay/door.ts'
import type { Log } from '../../relay/ports.ts'
import { createRelay, type Relay } from '../../relay/relay.ts'
import { failpointFrom } from '../failpoint.ts'
import { serveAdmin } from './admin-socket.ts'
import { runCommand } from './commands.ts'
import { complain, messageOf } from './complain.ts'
import { stopOnFaults } from './faults.ts'
import { openBlobs, openKeeping } from './keeping.ts'
import { listenForMetrics } from './metrics-listener.ts'
import { readCertificate, type Secrets } from './secrets.ts'
import type { Settings } from './settings.ts'

/** What is open, in the order of opening: closed from the last to the first. */
type Open = (() => void | Promise<void>)[]

/** Resolves when it listens. If it rejects, nothing is left open that would keep the process alive. */
export async function run(settings: Settings, secrets: Secrets, invitations: number): Promise<void> {
  const open: Open = []
  let address: string
  try {
    address = await start(settings, secrets, invitations, open)
  } catch (error) {
    await closeAll(open)
    throw error
  }
  let stopping = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (stopping) return
      stopping = true
      closeAll(open).catch(complain)
    })
  // Not before it knows what to do when it is told to stop.
  console.log(`relay ready ${address}`)
}

/** The address it is reached at. */
async function start(settings: Settings, secrets: Secrets, invitations: number, open: Open): Promise<string> {
  const { data, host, port, invited, tlsInFront, limits, metricsHost, metricsPort, alternatives } = settings
  const { token, certificate, metricsToken } = secrets
  const crash = failpointFrom(process.env.SOTTO_FAILPOINT)
  const log = createLog(logToStandardError, systemClock)
  stopOnFaults(process, log)
  const { store, bell, close } = await openKeeping(settings, log, crash)
  open.push(close)
  const blobs = await openBlobs(settings)
  const relay = createRelay({
    store,
    blobs,
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
    alternatives,
    ...(crash && { crash }),
  })
  const administration = createAdministration({ store, blobs, bell, clock: systemClock })
  const admin = await serveAdmin(data, (asked) => {
    log.info('administered', { command: asked.command })
    return runCommand({ relay, store, administration }, asked)
  })
  open.push(admin.close)
  const bound = await relay.listen({ host, port })
  open.push(relay.close)
  // With a store that is shared, and no place for blobs that is: what one kept the others would not find.
  if (blobs === undefined) log.warn('no blobs')
  if (metricsPort !== undefined) {
    const metrics = await listenForMetrics({ host: metricsHost, port: metricsPort, token: metricsToken }, relay.metrics)
    open.push(metrics.close)
    log.info('metrics', { port: metrics.port })
  }
  process.on('SIGHUP', () => renew(relay, settings, log))
  // Not before it listens: an invitation of a relay that did not start would be one that nobody has.
  for (let made = 0; made < invitations; made++) console.log(`invitation ${await relay.invite()}`)
  const scheme = certificate === undefined ? 'ws' : 'wss'
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${bound.port}`
}

async function closeAll(open: Open): Promise<void> {
  for (const close of open.splice(0).toReversed()) await close()
}

function renew(relay: Relay, settings: Settings, log: Log): void {
  try {
    const renewed = readCertificate(settings, systemClock.now())
    if (renewed === undefined) return
    relay.renewCertificate(renewed)
    log.info('certificate renewed')
  } catch (error) {
    // The one in use stays: a relay is better reached with an old certificate than not at all.
    log.error('certificate not renewed', { why: messageOf(error) })
  }
}
