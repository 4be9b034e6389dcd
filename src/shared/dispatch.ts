// The one door: a call by name with unknown input becomes a handler called with parsed input, or a refusal.

import type { z } from 'zod'
import { type Answer, refuse } from './answer.ts'
import { api, type Handlers, isCallName } from './api.ts'
import { SqlFailure } from './sql.ts'

/**
 * Never throws: what a handler throws is told to `broken` and answered as `internal`, without its message. That the disk is
 * full is no mistake of ours.
 */
export async function dispatch(
  handlers: Handlers,
  name: unknown,
  input: unknown,
  broken: (call: string, error: unknown) => void,
): Promise<Answer<unknown>> {
  if (!isCallName(name)) return refuse('unknown-call')
  const parsed = api[name].input.safeParse(input)
  if (!parsed.success) return refuse('bad-input', whatIsWrong(parsed.error.issues))
  const handler: (input: never) => Promise<Answer<unknown>> = handlers[name]
  try {
    return await handler(parsed.data as never)
  } catch (error) {
    if (error instanceof SqlFailure && error.kind === 'full') return refuse('disk-full')
    broken(name, error)
    return refuse('internal')
  }
}

/** Where it does not fit, and how, in words of ours: a refusal repeats nothing of what it refuses. */
function whatIsWrong(issues: readonly z.core.$ZodIssue[]): string {
  const wrong = issues.map(
    ({ path, code, message }) => `${path.join('.') || 'input'}: ${code === 'custom' ? message : code}`,
  )
  return wrong.join('; ')
}
