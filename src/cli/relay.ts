// The relay on its own: npm run relay -- [options], and npm run relay -- admin … for one that runs.

import { parseArgs } from 'node:util'
import { systemClock } from '../host/clock.ts'
import { administer } from './relay/admin.ts'
import { MOST_INVITATIONS } from './relay/commands.ts'
import { complain, understood } from './relay/complain.ts'
import { run } from './relay/run.ts'
import { readSecrets } from './relay/secrets.ts'
import { flagOf, printable, readSettings, SETTING_KINDS, type Settings, SettingsRefused } from './relay/settings.ts'

const USAGE = `Usage: npm run relay -- [options]
       npm run relay -- admin --help    for one that runs

  --config FILE             settings as JSON; the environment (SOTTO_RELAY_PORT …) and options come before it
  --check-config            prints the settings it would run with, without secrets, and ends
  --data DIR                where it keeps its database
  --store URL               keeps it in PostgreSQL instead (postgres://…), which several relays may share; the password
                            can come from PGPASSWORD or ~/.pgpass, so that it is in no list of processes
  --blobs PLACE             where it keeps attachments: a folder, or s3://bucket/prefix?endpoint=…&region=…
  --host HOST               where it listens (default: 127.0.0.1)
  --port PORT               0 for any that is free (default: 8433)
  --token-file FILE         asks every device for the token in it
  --invited                 registers people by invitation only
  --invite N                prints N invitations, each good once
  --tls-certificate FILE    speaks TLS: a chain in PEM, read again at SIGHUP
  --tls-key FILE            and its key
  --metrics-port PORT       numbers for Prometheus on this computer, at /metrics
  --tls-in-front            there is a proxy that speaks TLS, and that adds where people come from to X-Forwarded-For
  --alternatives URL,URL    tells devices where else to go when it ends: relays that share its store
  --help                    this

Beyond this computer a relay needs a certificate or a proxy. All settings: docs/running-a-relay.md
`

interface Start {
  settings: Settings
  invitations: number
  checkOnly: boolean
}

/** Throws SettingsRefused. */
function readStart(): Start | 'help' {
  const settingFlags = Object.entries(SETTING_KINDS).map(
    ([name, kind]) => [flagOf(name), { type: kind === 'switch' ? 'boolean' : 'string' }] as const,
  )
  const options = {
    ...Object.fromEntries(settingFlags),
    config: { type: 'string' },
    'check-config': { type: 'boolean', default: false },
    invite: { type: 'string', default: '0' },
    help: { type: 'boolean', default: false },
  } as const
  const { values } = understood(USAGE, () => parseArgs({ options }))
  if (values.help) return 'help'
  return {
    settings: readSettings({ file: values.config, environment: process.env, flags: values }),
    invitations: invitationsIn(values.invite),
    checkOnly: values['check-config'],
  }
}

function invitationsIn(text: string): number {
  if (/^\d+$/.test(text) && Number(text) <= MOST_INVITATIONS) return Number(text)
  throw new SettingsRefused(`--invite: is not a number from 0 to ${MOST_INVITATIONS}`)
}

try {
  const [first, ...others] = process.argv.slice(2)
  const start = first === 'admin' ? 'admin' : readStart()
  if (start === 'admin') for (const line of await administer(others)) console.log(line)
  else if (start === 'help') console.log(USAGE)
  else {
    const secrets = readSecrets(start.settings, systemClock.now())
    if (start.checkOnly) console.log(JSON.stringify(printable(start.settings), undefined, 2))
    else await run(start.settings, secrets, start.invitations)
  }
} catch (error) {
  complain(error)
}
