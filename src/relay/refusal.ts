// Refusals: from a closed list, naming no account and repeating nothing of the request [P7].

import type { RelayBody } from '../protocol/frames.ts'
import { Reason } from '../protocol/generated/relay_pb.ts'

export type Refusal = Extract<RelayBody, { case: 'refused' }>

export function refused(reason: Reason, detail: string, retryAfterMs = 0): Refusal {
  return { case: 'refused', value: { reason, detail, retryAfterMs } }
}

export function malformed(detail: string): Refusal {
  return refused(Reason.MALFORMED, detail)
}

export function tooManyRequests(retryAfterMs: number): Refusal {
  return refused(Reason.TOO_MANY_REQUESTS, 'too many requests', retryAfterMs)
}

const ENDING: ReadonlySet<Reason | undefined> = new Set([
  Reason.MALFORMED,
  Reason.SIGNATURE_INVALID,
  Reason.IDENTITY_MISMATCH,
])

/** Whether the connection is closed after this answer. */
export function endsConnection(answer: RelayBody): boolean {
  return answer.case === 'refused' && ENDING.has(answer.value.reason)
}
