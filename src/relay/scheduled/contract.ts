// What a relay asks of its store about submissions that are to be delivered later [P160]–[P162].

import type { AccountId, DeviceId, Instant } from '../../shared/ids.ts'
import type { Appended, Placed, Submission } from '../store.ts'

/** A submission that waits for its time, by its names. */
export interface ScheduledKey {
  recipient: AccountId
  sender: AccountId
  submission: Uint8Array
}

/** What the store tells about an envelope of one sender that waits for its time. */
export interface ScheduledEnvelope {
  device: DeviceId
  size: number
  /** When it was scheduled, and when it is due. */
  takenAt: Instant
  dueAt: Instant
  firstBytes: Uint8Array
}

export interface ScheduleStore {
  /**
   * As append, but nothing is in a mailbox before it is released: `placed` is empty. full: the mailbox is, or the recipient
   * has as much scheduled as it may, from all or from this sender. The submission id counts as taken when it is due.
   */
  schedule(submission: Submission, due: Instant, at: Instant): Promise<Appended>
  /** Whether it is cancelled, now or before. False: it was released, or never scheduled. */
  cancelScheduled(scheduled: ScheduledKey): Promise<boolean>
  /** Undefined: nothing is scheduled. */
  nextDue(): Promise<Instant | undefined>
  /** Some of those for whom something is due by then. */
  accountsDue(by: Instant, limit: number): Promise<AccountId[]>
  /**
   * Puts what is due by now into the mailboxes, in the order it is due, at most so many submissions. Whatever room there is
   * [P161]; envelopes for devices that are gone are left out.
   */
  releaseDue(account: AccountId, now: Instant, limit: number): Promise<readonly Placed[]>
  /** Envelopes from `sender` that are scheduled for `recipient`, the first due first. */
  scheduledFrom(recipient: AccountId, sender: AccountId, limit: number): Promise<ScheduledEnvelope[]>
}
