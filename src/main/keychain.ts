// Which keychain a profile has: the system's, unless the command line names a file.

import { systemClock } from '../host/clock.ts'
import { createKeychain, type Keychain } from '../host/keychain.ts'
import { Secret } from '../host/secret.ts'

/** Its name as people see it in their keychain. */
const SERVICE = 'Sotto'
const PASSPHRASE = 'SOTTO_KEYCHAIN_PASSPHRASE'

/** Takes the passphrase of a file out of the environment, where every process we start would see it. */
export function takePassphrase(env: NodeJS.ProcessEnv): string | undefined {
  const passphrase = env[PASSPHRASE]
  delete env[PASSPHRASE]
  return passphrase
}

/** For the one process that is to have it: another profile's. */
export function withPassphrase(env: NodeJS.ProcessEnv, passphrase: string | undefined): NodeJS.ProcessEnv {
  return passphrase === undefined ? env : { ...env, [PASSPHRASE]: passphrase }
}

/** @param place `file:PATH`, or undefined for the system's. Answers a sentence for the terminal if that cannot be had. */
export function chooseKeychain(
  place: string | undefined,
  passphrase: string | undefined,
): Keychain | { problem: string } {
  if (place === undefined) return createKeychain(SERVICE, systemClock)
  if (!passphrase) return { problem: `--keychain ${place} needs its passphrase in ${PASSPHRASE}` }
  const secret = new Secret(new TextEncoder().encode(passphrase))
  const path = place.slice('file:'.length)
  return whenAsked(async () => (await import('../host/file-keychain.ts')).createFileKeychain(path, secret, systemClock))
}

/** Loaded late: few have one. */
function whenAsked(load: () => Promise<Keychain>): Keychain {
  let loaded: Promise<Keychain> | undefined
  const keychain = (): Promise<Keychain> => {
    loaded ??= load()
    return loaded
  }
  return {
    read: async (account) => (await keychain()).read(account),
    write: async (account, secret) => (await keychain()).write(account, secret),
    remove: async (account) => (await keychain()).remove(account),
  }
}
