// The address of a PostgreSQL, which may hold a password that nobody is to be shown, and why nobody gets in there.

import { StoreUnavailable } from '../../relay/store.ts'

/** Stands for the host that an address leaves out, which a URL may not: `postgres://user@/database?host=/run/postgresql`. */
const NO_HOST = 'no-host.invalid'

export function isStoreAddress(text: string): boolean {
  return /^postgres(ql)?:\/\//.test(text) && URL.canParse(withHost(text))
}

/** For people to read. Throws a TypeError for what is no address. */
export function withoutPassword(address: string): string {
  const url = new URL(withHost(address))
  url.password = ''
  for (const name of new Set(url.searchParams.keys())) if (/password/i.test(name)) url.searchParams.delete(name)
  return url.href.replace(NO_HOST, '')
}

function withHost(address: string): string {
  return URL.canParse(address) ? address : address.replace('@/', `@${NO_HOST}/`)
}

/** What opening it was rejected with, in words that follow its name. */
export function whyNotUsed(error: unknown): string {
  if (!(error instanceof StoreUnavailable))
    return `cannot be used: ${error instanceof Error ? error.message : 'no reason was given'}`
  const { cause } = error
  if (!(cause instanceof Error)) return 'cannot be reached'
  // Tried at several addresses, it has no message of its own.
  return `cannot be reached: ${cause.message || ('code' in cause ? cause.code : cause.name)}`
}
