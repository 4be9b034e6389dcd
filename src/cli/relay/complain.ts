// How the command says what went wrong: a sentence, and 2 for what cannot be meant or 1 for what did not work.

import { SettingsRefused } from './settings.ts'

export function complain(error: unknown): void {
  console.error(messageOf(error))
  process.exitCode = error instanceof SettingsRefused ? 2 : 1
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown error'
}

/** What `parse` makes of the command line. Throws SettingsRefused, with the usage, for options that there are not. */
export function understood<T>(usage: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw new SettingsRefused(`${messageOf(error)}\n\n${usage}`)
  }
}
