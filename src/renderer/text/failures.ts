// The sentence that belongs to a refusal: what is the matter, and what to do next.

import type { Failure } from '../../shared/failure.ts'
import { say } from './say.ts'

export function failureSentence(failure: Failure): string {
  return say(`failure.${failure.code}`, { seconds: Math.ceil((failure.retryAfter ?? 0) / 1000) })
}
