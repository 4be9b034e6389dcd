// The command line of `npm run chat`, parsed.

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import type { RelayAddress } from '../engine/ports.ts'
import { defaultDataFolder } from '../host/profile-folder.ts'
import { Secret } from '../host/secret.ts'
import { ProfileName } from '../shared/ids.ts'

export const USAGE = `Usage: npm run chat -- [options]

  --profile NAME          which profile (main)
  --data DIR              where profiles are (the platform's place for application data)
  --relay URL             ws:// or wss://, used whatever the profile says; or this-computer
  --relay-token TOKEN     what lets us in there, if it asks (SOTTO_RELAY_TOKEN)
  --keychain file:PATH    a sealed file instead of the system's keychain
  --passphrase-file FILE  its passphrase: the first line (SOTTO_KEYCHAIN_PASSPHRASE)
  --log-to-stderr         the log on standard error instead of in the profile
  --help                  this

JSON-RPC 2.0 on standard input and output, one object a line: docs/json-rpc.md.
`

export interface ChatOptions {
  profile: ProfileName
  data: string
  /** Used whatever the profile says. Undefined: the relay of the profile. */
  relay: RelayAddress | 'this-computer' | undefined
  /** Undefined: the system's keychain. */
  keychainFile: { path: string; passphrase: Secret } | undefined
  logToStandardError: boolean
}

/** Why the command line was not understood, in one sentence. */
export class UsageError extends Error {}

const RelayUrl = z.url({ protocol: /^wss?$/ })

/** Takes the passphrase out of `env`, so that no process started later inherits it. Throws a UsageError. */
export function parseChatOptions(args: string[], env: NodeJS.ProcessEnv): ChatOptions | 'help' {
  const given = parseFlags(args)
  if (given.help) return 'help'
  const profile = ProfileName.safeParse(given.profile ?? 'main')
  if (!profile.success)
    throw new UsageError('--profile takes 1 to 32 of a–z, 0–9 and -, which does not begin or end it')
  if (given.data === '') throw new UsageError('--data takes a folder')
  return {
    profile: profile.data,
    data: resolve(given.data ?? defaultDataFolder(process.platform, env)),
    relay: parseRelay(given.relay, given['relay-token'] ?? env.SOTTO_RELAY_TOKEN),
    keychainFile: parseKeychain(given.keychain, given['passphrase-file'], env),
    logToStandardError: given['log-to-stderr'] ?? false,
  }
}

function parseFlags(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        profile: { type: 'string' },
        data: { type: 'string' },
        relay: { type: 'string' },
        'relay-token': { type: 'string' },
        keychain: { type: 'string' },
        'passphrase-file': { type: 'string' },
        'log-to-stderr': { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'not understood')
  }
}

function parseRelay(relay: string | undefined, token: string | undefined): ChatOptions['relay'] {
  if (relay === undefined || relay === 'this-computer') return relay
  if (!RelayUrl.safeParse(relay).success)
    throw new UsageError('--relay takes a ws:// or wss:// address, or this-computer')
  return token ? { url: relay, token } : { url: relay }
}

function parseKeychain(
  keychain: string | undefined,
  passphraseFile: string | undefined,
  env: NodeJS.ProcessEnv,
): ChatOptions['keychainFile'] {
  if (keychain === undefined) return undefined
  const [, path] = /^file:(.+)$/.exec(keychain) ?? []
  if (path === undefined) throw new UsageError('--keychain takes file:PATH')
  const passphrase = passphraseFile === undefined ? env.SOTTO_KEYCHAIN_PASSPHRASE : firstLine(passphraseFile)
  delete env.SOTTO_KEYCHAIN_PASSPHRASE
  if (!passphrase) throw new UsageError('--keychain needs SOTTO_KEYCHAIN_PASSPHRASE or --passphrase-file')
  return { path: resolve(path), passphrase: new Secret(new TextEncoder().encode(passphrase)) }
}

function firstLine(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/, 1)[0]
  } catch {
    throw new UsageError('--passphrase-file cannot be read')
  }
}
