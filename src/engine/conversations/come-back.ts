// What was put away comes back when something is said in it, on all own devices [P171].

import type { Instant } from '../../shared/ids.ts'
import { announce, type TellNeeds } from '../devices/tell.ts'
import { type ConversationRow, setArchived } from '../storage/conversations.ts'
import { readOwnRecord } from '../storage/own-records.ts'
import type { Touched } from '../touched.ts'

/**
 * In a transaction: something was said here. What is muted stays away, and so does what was put away after that was said:
 * it only comes late.
 */
export function comeBack(
  needs: TellNeeds,
  touched: Touched,
  { id, archived, muted_until }: Pick<ConversationRow, 'id' | 'archived' | 'muted_until'>,
  saidAt: Instant,
): void {
  if (archived === 0 || (muted_until !== null && muted_until > saidAt)) return
  const key = `archived/${id}`
  const put = readOwnRecord(needs.sql, key)
  if (put !== undefined && put.at >= saidAt) return
  setArchived(needs.sql, id, false)
  if (announce(needs, key, false)) touched.promisedToOwn()
}
