// What a person types, and whether it will do: the rules of names, texts and addresses. The schemas are made of them; the
// window asks them alone, so that it need not load any schemas.

import type { ProfileName, Username } from './ids.ts'
import {
  MAX_ABOUT_LENGTH,
  MAX_ADDRESS_LENGTH,
  MAX_NAME_LENGTH,
  MAX_PASSPHRASE_LENGTH,
  MIN_PASSPHRASE_LENGTH,
} from './limits.ts'
import type { DeviceName, RelayPlace } from './model.ts'

/** Every JavaScript has it, but no library for the language alone declares it. */
declare const URL: { parse(address: string): { readonly protocol: string; readonly href: string } | null }

export const PROFILE_NAME = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/
export const USERNAME = /^[a-z](?:[a-z0-9]|[._-](?=[a-z0-9])){2,31}$/

/** Lone surrogates are not text. */
export function isText(text: string): boolean {
  return text.isWellFormed()
}

export function isOnOneLine(text: string): boolean {
  return !/\p{Cc}/u.test(text)
}

/** Space, and what Unicode says is not to be seen, such as U+200B or U+3164, shows nobody anything. */
export function showsSomething(text: string): boolean {
  return /[^\p{White_Space}\p{Cc}\p{Default_Ignorable_Code_Point}]/u.test(text)
}

/** As the schemas count: a letter outside of Unicode's first plane is one character. */
function lengthOf(text: string): number {
  return Array.from(text).length
}

/** Of each: what was typed, as it is kept, or undefined if it will not do. */
export function readName(typed: string): string | undefined {
  const name = typed.trim()
  const isName = lengthOf(name) <= MAX_NAME_LENGTH && isOnOneLine(name) && isText(name) && showsSomething(name)
  return isName ? name : undefined
}

export function readDeviceName(typed: string): DeviceName | undefined {
  return readName(typed) as DeviceName | undefined
}

export function readAbout(typed: string): string | undefined {
  const about = typed.trim()
  return lengthOf(about) <= MAX_ABOUT_LENGTH && isOnOneLine(about) && isText(about) ? about : undefined
}

export function readUsername(typed: string): Username | undefined {
  const username = typed.trim().toLowerCase()
  return USERNAME.test(username) ? (username as Username) : undefined
}

/** On the command line. */
export function readProfileName(typed: string): ProfileName | undefined {
  return PROFILE_NAME.test(typed) ? (typed as ProfileName) : undefined
}

export function isMessageText(text: string): boolean {
  return isText(text) && showsSomething(text)
}

export function isPassphrase(typed: string): boolean {
  const length = lengthOf(typed.normalize('NFKC'))
  return length >= MIN_PASSPHRASE_LENGTH && length <= MAX_PASSPHRASE_LENGTH && isText(typed)
}

export function readRelayPlace(typed: string): RelayPlace | undefined {
  // As the schema of an address keeps it.
  const url = typed.trim().replace(/[\t\n\r]/g, '')
  const fits = lengthOf(url) <= MAX_ADDRESS_LENGTH && normalAddress(url) !== undefined
  return fits ? { kind: 'address', url } : undefined
}

/** An address of a relay as every browser would write it. */
export function normalAddress(address: string): string | undefined {
  const url = URL.parse(address.trim())
  return url?.protocol === 'ws:' || url?.protocol === 'wss:' ? url.href : undefined
}
