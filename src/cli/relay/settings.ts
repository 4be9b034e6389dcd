// What a relay is told when it starts: from a file, the environment and the command line, the later before the earlier.

import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { z } from 'zod'
import { MAX_ALTERNATIVES } from '../../protocol/limits.ts'
import { isLoopback } from '../../relay/door.ts'
import { DEFAULT_LIMITS } from '../../relay/limits.ts'
import { isBucketAddress } from './bucket-address.ts'
import { hasRoomForSocket } from './data-folder.ts'
import { isStoreAddress, withoutPassword } from './store-address.ts'
import { placesOf, whatIsWrong } from './what-is-wrong.ts'

/** How a setting is read where everything is text. Limits are for the file only. */
export const SETTING_KINDS = {
  data: 'text',
  store: 'text',
  blobs: 'text',
  host: 'text',
  port: 'number',
  tokenFile: 'text',
  invited: 'switch',
  tlsInFront: 'switch',
  tlsCertificate: 'text',
  tlsKey: 'text',
  metricsHost: 'text',
  metricsPort: 'number',
  metricsTokenFile: 'text',
  alternatives: 'list',
} as const
type SettingName = keyof typeof SETTING_KINDS

const path = z
  .string()
  .min(1, 'is empty')
  .transform((given) => resolve(given))
const data = path.refine(hasRoomForSocket, 'is too long: a path that the system gives to a socket ends inside of it')
const port = z.int().min(0, 'is below 0').max(65_535, 'is above 65535')
const store = z.string().refine(isStoreAddress, {
  error: 'is not an address of PostgreSQL: postgres://user@host/database',
})
const blobs = z.string().refine((text) => text.length > 0 && (!text.startsWith('s3:') || isBucketAddress(text)), {
  error: 'is neither a folder nor an address such as s3://bucket/prefix?endpoint=https://s3.example.test&region=eu-1',
})
const relayAddress = z
  .url({ protocol: /^wss?$/, error: 'is not the address of a relay: wss://relay.example.test', abort: true })
  .max(512, 'is too long')
  .refine((url) => url.startsWith('wss:') || isLoopback(new URL(url).hostname), {
    error: 'is beyond this computer, where a relay has to be reached over TLS: wss:',
  })
const allowance = z.strictObject({ burst: z.int().min(1), perSecond: z.number().positive() })

const Settings = z
  .strictObject({
    /** The folder of its database and of the socket that administers it. */
    data: data.prefault(defaultData()),
    /** An address of PostgreSQL, which several relays may share; undefined: a file in `data`. May hold a password. */
    store: store.optional(),
    /** A folder, or an address of S3 that several relays may share; undefined: a folder in `data`, where that is not shared. */
    blobs: blobs.optional(),
    host: z.string().min(1, 'is empty').default('127.0.0.1'),
    /** 0: any that is free. */
    port: port.default(8433),
    tokenFile: path.optional(),
    invited: z.boolean().default(false),
    tlsInFront: z.boolean().default(false),
    tlsCertificate: path.optional(),
    tlsKey: path.optional(),
    metricsHost: z.string().min(1, 'is empty').default('127.0.0.1'),
    /** Without it there are no metrics. */
    metricsPort: port.optional(),
    metricsTokenFile: path.optional(),
    /** [P163] Relays that share the store, for devices to go to when this one ends. */
    alternatives: z.array(relayAddress).max(MAX_ALTERNATIVES, `are more than ${MAX_ALTERNATIVES}`).default([]),
    limits: z
      .strictObject({
        submissions: allowance.default(DEFAULT_LIMITS.submissions),
        keyFetches: allowance.default(DEFAULT_LIMITS.keyFetches),
        keyFetchesInGroups: allowance.default(DEFAULT_LIMITS.keyFetchesInGroups),
        keyFetchesOfOne: allowance.default(DEFAULT_LIMITS.keyFetchesOfOne),
        keyFetchesOfOwn: allowance.default(DEFAULT_LIMITS.keyFetchesOfOwn),
        lookUps: allowance.default(DEFAULT_LIMITS.lookUps),
        deviceLists: allowance.default(DEFAULT_LIMITS.deviceLists),
        publications: allowance.default(DEFAULT_LIMITS.publications),
        entries: allowance.default(DEFAULT_LIMITS.entries),
        newGroups: allowance.default(DEFAULT_LIMITS.newGroups),
        streamReads: allowance.default(DEFAULT_LIMITS.streamReads),
        registrations: allowance.default(DEFAULT_LIMITS.registrations),
        rendezvous: allowance.default(DEFAULT_LIMITS.rendezvous),
        joinings: allowance.default(DEFAULT_LIMITS.joinings),
        connections: allowance.default(DEFAULT_LIMITS.connections),
        uploads: allowance.default(DEFAULT_LIMITS.uploads),
        transfers: allowance.default(DEFAULT_LIMITS.transfers),
        largestBlob: z.int().min(1).default(DEFAULT_LIMITS.largestBlob),
        blobQuota: z.int().min(1).default(DEFAULT_LIMITS.blobQuota),
        mostUploads: z.int().min(1).default(DEFAULT_LIMITS.mostUploads),
        mostTransfers: z.int().min(1).default(DEFAULT_LIMITS.mostTransfers),
        mostConnections: z.int().min(1).default(DEFAULT_LIMITS.mostConnections),
        mostRemembered: z.int().min(1).default(DEFAULT_LIMITS.mostRemembered),
      })
      .prefault({}),
  })
  .superRefine((settings, context) => {
    const { host, tlsInFront, tlsCertificate, tlsKey, metricsHost, metricsTokenFile } = settings
    const object = (name: SettingName, message: string) => context.addIssue({ code: 'custom', path: [name], message })
    if ((tlsCertificate === undefined) !== (tlsKey === undefined))
      object(tlsKey === undefined ? 'tlsKey' : 'tlsCertificate', 'is missing: a certificate and its key come together')
    if (tlsCertificate !== undefined && tlsInFront)
      object('tlsInFront', 'contradicts tlsCertificate: either a proxy speaks TLS, or the relay')
    if (!isLoopback(host) && tlsCertificate === undefined && !tlsInFront)
      object(
        'host',
        'is beyond this computer, where a relay has to be reached over TLS: give it tlsCertificate and tlsKey, or put a proxy in front and say tlsInFront',
      )
    if (!isLoopback(metricsHost) && metricsTokenFile === undefined)
      object('metricsHost', 'is beyond this computer, where metrics need a metricsTokenFile')
  })
export type Settings = z.output<typeof Settings>

/** For people to read. */
export function printable(settings: Settings): Settings {
  return settings.store === undefined ? settings : { ...settings, store: withoutPassword(settings.store) }
}

/** What is wrong with the settings: a line for each, naming where it was said. */
export class SettingsRefused extends Error {
  override name = 'SettingsRefused'
}

export interface SettingSources {
  /** A file of JSON, unless the environment names one. */
  file: string | undefined
  environment: Readonly<Record<string, string | undefined>>
  flags: Readonly<Record<string, string | boolean | undefined>>
}

/** Throws SettingsRefused. */
export function readSettings({ file, environment, flags }: SettingSources): Settings {
  const said = new Map<string, { value: unknown; place: Place }>()
  const wrong: string[] = []
  const say = (name: SettingName, text: string | boolean, source: string) => {
    const value = readValue(name, text)
    if (value === undefined)
      wrong.push(`${source}: is not ${SETTING_KINDS[name] === 'number' ? 'a whole number' : 'true or false'}`)
    else said.set(name, { value, place: (inside) => [source, ...inside].join('.') })
  }

  const configuration = file ?? environment[`${PREFIX}CONFIG`]
  if (configuration !== undefined)
    for (const [name, value] of Object.entries(readConfiguration(configuration)))
      said.set(name, { value, place: (inside) => `${[name, ...inside].join('.')} in ${configuration}` })
  for (const name of NAMES) {
    const text = environment[variableOf(name)]
    if (text !== undefined && text !== '') say(name, text, variableOf(name))
    const flag = flags[flagOf(name)]
    if (flag !== undefined) say(name, flag, `--${flagOf(name)}`)
  }

  const values = Object.fromEntries([...said].map(([name, { value }]) => [name, value]))
  const parsed = Settings.safeParse(values, { error: whatIsWrong })
  for (const issue of parsed.error?.issues ?? [])
    for (const [name, ...inside] of placesOf(issue))
      wrong.push(`${said.get(String(name))?.place(inside) ?? String(name)}: ${issue.message}`)
  if (!parsed.success || wrong.length > 0) throw new SettingsRefused(wrong.join('\n'))
  return parsed.data
}

/** What is inside of a setting, as it was said: `--alternatives.0`, `limits.lookUps.burst in relay.json`. */
type Place = (inside: readonly PropertyKey[]) => string

const PREFIX = 'SOTTO_RELAY_'
const NAMES = Object.keys(SETTING_KINDS) as SettingName[]

/** tokenFile: token-file */
export function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** tokenFile: SOTTO_RELAY_TOKEN_FILE */
function variableOf(name: string): string {
  return `${PREFIX}${flagOf(name).replaceAll('-', '_').toUpperCase()}`
}

function readValue(name: SettingName, text: string | boolean): string | number | boolean | string[] | undefined {
  if (typeof text === 'boolean') return text
  switch (SETTING_KINDS[name]) {
    case 'text':
      return text
    case 'list':
      return text.split(',').map((one) => one.trim())
    case 'number':
      return /^\d+$/.test(text) ? Number(text) : undefined
    case 'switch':
      return text === 'true' ? true : text === 'false' ? false : undefined
  }
}

function readConfiguration(file: string): Record<string, unknown> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    throw new SettingsRefused(`${file}: ${error instanceof z.ZodError ? 'is not a JSON object' : messageOf(error)}`)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'cannot be read'
}

function defaultData(): string {
  const { platform, env } = process
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), 'Sotto Relay')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Sotto Relay')
  // A relative path is to be ignored, says the XDG base directory specification.
  const share = env.XDG_DATA_HOME
  return join(share && isAbsolute(share) ? share : join(homedir(), '.local', 'share'), 'sotto-relay')
}
