// Calling off what is scheduled, by whoever scheduled it [P162].

import type { RelayBody } from '../../protocol/frames.ts'
import type { CancelScheduled } from '../../protocol/generated/relay_pb.ts'
import type { Caller } from '../authentication.ts'
import { readAccount } from '../read.ts'
import { malformed } from '../refusal.ts'
import type { ScheduleStore } from './contract.ts'

export async function cancelScheduled(
  { store }: { store: ScheduleStore },
  { account: sender }: Caller,
  { recipient: bytes, submission }: CancelScheduled,
): Promise<RelayBody> {
  const recipient = readAccount(bytes)
  if (recipient === undefined || submission.length !== 16) return malformed('not a submission')
  const cancelled = await store.cancelScheduled({ recipient, sender, submission })
  return { case: 'scheduledCancelled', value: { cancelled } }
}
