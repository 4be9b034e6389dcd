// Gaps: a line in the conversation that says how many messages of somebody never came, and shrinks when they do.

import type { AccountId, ConversationId, DeviceId, Instant } from '../../shared/ids.ts'
import { MessageId } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import type { Random } from '../ports.ts'
import { addMessage, findGap, removeMessage } from '../storage/messages.ts'
import type { Touched } from '../touched.ts'

export interface Missing {
  conversation: ConversationId
  author: AccountId
  device: DeviceId
  registrationId: number
  from: number
  to: number
}

/** Stands right before what came instead: at its place, with the number of the first that is missing. */
export function showGap(
  sql: Sql,
  random: Random,
  touched: Touched,
  missing: Missing,
  position: number,
  at: Instant,
): void {
  touched.message(
    addMessage(sql, {
      conversation: missing.conversation,
      position,
      sequence: missing.from,
      id: MessageId.parse(random.uuid()),
      author: missing.author,
      own: 0,
      sent_at: at,
      kind: 'gap',
      gap_from: missing.from,
      gap_to: missing.to,
      gap_device: missing.device,
      gap_registration_id: missing.registrationId,
    }),
  )
}

/** One of the missing has come. Returns where it belongs, if there still is a line for it. */
export function fillGap(
  sql: Sql,
  random: Random,
  touched: Touched,
  missed: Pick<Missing, 'conversation' | 'author' | 'device' | 'registrationId'>,
  sequence: number,
): number | undefined {
  const gap = findGap(sql, missed, sequence)
  if (gap === undefined || gap.gap_from === null || gap.gap_to === null) return undefined
  const { gap_from: from, gap_to: to, position } = gap
  removeMessage(sql, gap.id)
  touched.goneMessage(gap)
  const parts = [
    { from, to: sequence - 1 },
    { from: sequence + 1, to },
  ].filter((part) => part.from <= part.to)
  for (const part of parts) {
    // A line's place never changes, so what is left of it is a new line.
    showGap(sql, random, touched, { ...missed, ...part }, position, gap.sent_at)
  }
  return position
}
