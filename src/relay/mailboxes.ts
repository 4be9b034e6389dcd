// Mailboxes: submissions in, acknowledgements out [P50]–[P58].

import type { RelayBody } from '../protocol/frames.ts'
import { EnvelopeType, Reason } from '../protocol/generated/relay_pb.ts'
import { MAX_DEVICES, MAX_ENVELOPE_BYTES, SCHEDULE_AHEAD } from '../protocol/limits.ts'
import { Instant, uuidToBytes } from '../shared/ids.ts'
import type { Caller } from './authentication.ts'
import type { Bell } from './bell.ts'
import type { AcknowledgeFields, SubmitFields } from './frequent-frames.ts'
import type { Limit } from './limits.ts'
import type { Clock } from './ports.ts'
import { isDevice, isRegistrationId, readAccount } from './read.ts'
import { malformed, type Refusal, refused, tooManyRequests } from './refusal.ts'
import type { ScheduleStore } from './scheduled/contract.ts'
import type { Releases } from './scheduled/release.ts'
import { type Appended, compareDevices, type MailboxStore, type OutgoingEnvelope, type Submission } from './store.ts'

export interface MailboxParts {
  store: MailboxStore & ScheduleStore
  bell: Bell
  clock: Clock
  /** By account. */
  submissions: Limit
  releases: Pick<Releases, 'scheduled'>
}

export function submit(parts: MailboxParts, caller: Caller, request: SubmitFields): RelayBody | Promise<RelayBody> {
  const submission = readSubmission(caller, request)
  if ('case' in submission) return submission
  const wait = parts.submissions.take(caller.account)
  if (wait > 0) return tooManyRequests(wait)
  const due = request.deliverAfterMs
  if (due > 0n && due > BigInt(parts.clock.now())) return hold(parts, submission, request.ephemeral, due)
  return request.ephemeral ? passOn(parts, submission) : keep(parts, submission)
}

/** [P160] */
async function hold(
  { store, clock, releases }: MailboxParts,
  submission: Submission,
  ephemeral: boolean,
  deliverAfterMs: bigint,
): Promise<RelayBody> {
  if (ephemeral) return malformed('ephemeral, but not now')
  const now = clock.now()
  if (deliverAfterMs > BigInt(now + SCHEDULE_AHEAD))
    return refused(Reason.TOO_FAR_AHEAD, `at most ${SCHEDULE_AHEAD / 86_400_000} days ahead`)
  const due = Instant.parse(Number(deliverAfterMs))
  const scheduled = await store.schedule(submission, due, now)
  if (scheduled.outcome === 'accepted') releases.scheduled(due)
  return answerTo(scheduled)
}

/** Without a word that makes it wait for itself: this is gone through for every message. */
function keep({ store, bell, clock }: MailboxParts, submission: Submission): Promise<RelayBody> {
  return store.append(submission, clock.now()).then((appended) => {
    const { recipient } = submission
    if (appended.outcome === 'accepted')
      for (const placed of appended.placed)
        bell.ring({ account: recipient, device: placed.device }, { kind: 'mail', placed })
    // Whoever stored it first may have been killed before it could ring.
    if (appended.outcome === 'duplicate')
      for (const { device } of submission.envelopes) bell.ring({ account: recipient, device }, { kind: 'mail' })
    return answerTo(appended)
  })
}

/** [P57] To whoever is connected now. */
async function passOn({ store, bell, clock }: MailboxParts, submission: Submission): Promise<RelayBody> {
  const { recipient, sender, senderDevice, envelopes } = submission
  const listed = await store.listedDevices(recipient)
  if (listed === undefined) return answerTo({ outcome: 'no-such-account' })
  const stale = compareDevices(listed, submission)
  if (stale !== undefined) return answerTo({ outcome: 'stale', stale })
  const takenAt = clock.now()
  const id = submission.submission
  const common = { position: 0, submission: id, sender: uuidToBytes(sender), senderDevice, takenAt }
  for (const { device, type, content } of envelopes)
    bell.ring({ account: recipient, device }, { kind: 'ephemeral', envelope: { ...common, type, content } })
  return answerTo({ outcome: 'accepted', at: takenAt, placed: [] })
}

function answerTo(appended: Appended): RelayBody {
  switch (appended.outcome) {
    case 'accepted':
    case 'duplicate':
      return {
        case: 'accepted',
        value: { timeMs: BigInt(appended.at), duplicate: appended.outcome === 'duplicate' },
      }
    case 'stale': {
      const { missing, extra, changed } = appended.stale
      return { case: 'staleDevices', value: { missing: [...missing], extra: [...extra], changed: [...changed] } }
    }
    case 'full':
      return refused(Reason.MAILBOX_FULL, 'the mailbox holds all it may, or all that may be scheduled')
    case 'no-such-account':
      return refused(Reason.NO_SUCH_ACCOUNT, 'no such account')
  }
}

function readSubmission(caller: Caller, request: SubmitFields): Submission | Refusal {
  const recipient = readAccount(request.recipient)
  if (recipient === undefined || request.submission.length !== 16) return malformed('not a submission')
  if (request.envelopes.length > MAX_DEVICES) return malformed('more envelopes than devices')
  const envelopes: OutgoingEnvelope[] = []
  for (const { device, registrationId, type, content } of request.envelopes) {
    if (!isDevice(device) || !isRegistrationId(registrationId)) return malformed('not a device')
    if (!isEnvelopeType(type) || content.length === 0) return malformed('not an envelope')
    if (content.length > MAX_ENVELOPE_BYTES) return refused(Reason.TOO_LARGE, `at most ${MAX_ENVELOPE_BYTES} bytes`)
    if (envelopes.some((other) => other.device === device)) return malformed('a device twice')
    envelopes.push({ device, registrationId, type, content })
  }
  return {
    submission: request.submission,
    recipient,
    sender: caller.account,
    senderDevice: caller.device,
    envelopes,
    partial: request.partial,
  }
}

function isEnvelopeType(type: number): boolean {
  return type >= EnvelopeType.MESSAGE && type <= EnvelopeType.RETRY
}

/** The positions it is about, or a refusal. */
export function readAcknowledgement({ positions }: AcknowledgeFields): readonly number[] | Refusal {
  const numbers = positions.map(Number)
  const arePositions = numbers.every((position) => position > 0 && Number.isSafeInteger(position))
  return arePositions ? numbers : malformed('not a position')
}
