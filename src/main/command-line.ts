// What the app was started with: which profile, where its files lie, which keychain.

import type { ProfileName } from '../shared/ids.ts'
import { readProfileName } from '../shared/typed.ts'

export interface StartOptions {
  profile: ProfileName
  /** The folder of all profiles and of the bundled relay; undefined: the platform's own place. */
  data: string | undefined
  /** `file:PATH`; undefined: the system's keychain. Never chosen for the person. */
  keychain: string | undefined
}

/** The switch that asks for a try of all parts, without a window. */
export const SMOKE_TEST = '--smoke-test'

export const FIRST_PROFILE = 'main' as ProfileName
const SECOND_PROFILE = 'second' as ProfileName

/**
 * Reads `--name value` and `--name=value`. Everything else is Electron's or Chromium's and passed over. Answers a
 * sentence for the terminal if an option of ours makes no sense.
 */
export function parseCommandLine(args: readonly string[]): StartOptions | { problem: string } {
  const given: Record<'profile' | 'data' | 'keychain', string | undefined> = {
    profile: undefined,
    data: undefined,
    keychain: undefined,
  }
  for (const [index, argument] of args.entries()) {
    const match = /^--(profile|data|keychain)(?:=(.*))?$/s.exec(argument)
    if (!match) continue
    const name = match[1] as keyof typeof given
    const value = match[2] ?? args[index + 1]
    if (value === undefined || value === '' || (match[2] === undefined && value.startsWith('--'))) {
      return { problem: `--${name} needs a value` }
    }
    given[name] = value
  }
  const profile = readProfileName(given.profile ?? FIRST_PROFILE)
  if (profile === undefined) return { problem: '--profile takes 1 to 32 of a–z, 0–9 and "-"' }
  if (given.keychain !== undefined && !/^file:./s.test(given.keychain)) {
    return { problem: '--keychain takes file:PATH' }
  }
  return { profile, data: given.data, keychain: given.keychain }
}

/** The arguments that start the same app with another profile beside this one. */
export function commandLineFor(options: StartOptions): string[] {
  const line = ['--profile', options.profile]
  if (options.data !== undefined) line.push('--data', options.data)
  if (options.keychain !== undefined) line.push('--keychain', options.keychain)
  return line
}

/** There are two of them, so that each opens the other: the one beside `second` is the first. */
export function profileBeside(profile: ProfileName): ProfileName {
  return profile === SECOND_PROFILE ? FIRST_PROFILE : SECOND_PROFILE
}
