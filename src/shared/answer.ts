// What a call answers: the value asked for, or one of a closed list of expected refusals.

import type { Failure, FailureCode } from './failure.ts'

export type Answer<T> = { ok: true; value: T } | { ok: false; failure: Failure }

export function answer<T>(value: T): Answer<T> {
  return { ok: true, value }
}

export function refuse(code: FailureCode, detail?: string, retryAfter?: number): { ok: false; failure: Failure } {
  const failure: Failure = { code }
  if (detail !== undefined) failure.detail = detail
  if (retryAfter !== undefined) failure.retryAfter = retryAfter
  return { ok: false, failure }
}

/** Closes a switch over a union: a case forgotten is a compile error, and a broken promise at run time. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`)
}
