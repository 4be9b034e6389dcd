// What carries keys of groups between two accounts, and the word that something was read: through their pairwise sessions, not
// counted, and told again until it is known to have come [P131], or the relay has it [P147].

import { create, toBinary } from '@bufbuild/protobuf'
import { ContentSchema } from '../../protocol/generated/content_pb.ts'
import { type Answer, answer, refuse } from '../../shared/answer.ts'
import type { Failure } from '../../shared/failure.ts'
import { type AccountId, type DeviceId, type Instant, MessageId, uuidToBytes } from '../../shared/ids.ts'
import { type ContentBody, writeContent } from '../messages/content.ts'
import type { SignalUnit } from '../signal/unit.ts'
import type { Envelope } from '../storage/envelopes.ts'
import { type KeptSent, keepSent } from '../storage/sent.ts'
import type { GroupNeeds } from './needs.ts'

/** What is the same for everybody is written once: a Content with nothing but its body. */
export type ParcelBody = Uint8Array

export interface Parcel {
  recipient: AccountId
  /** Only for this device. */
  device: DeviceId | undefined
  body: ParcelBody
  /** They could not open what bore this name: this takes its place. */
  instead?: MessageId | undefined
}

export interface SealedParcel {
  parcel: Parcel
  /** Bears the name of the content, as everywhere: what stands for one that cannot be opened goes when it comes again. */
  submission: Uint8Array
  content: Uint8Array
  envelopes: Envelope[]
}

/** Of the kinds that are not counted, and no others [P44]. */
export function parcelBody(
  body: Extract<ContentBody, { case: 'groupKeys' | 'groupKeysStored' | 'groupInvitation' | 'groupReads' }>,
): ParcelBody {
  return toBinary(ContentSchema, create(ContentSchema, { body }))
}

/** Those it goes to. Undefined: there is no session with some device of theirs yet. */
export function devicesFor(
  { peers, own }: GroupNeeds,
  unit: SignalUnit,
  { recipient, device }: Pick<Parcel, 'recipient' | 'device'>,
): DeviceId[] | undefined {
  const listed = peers.readyDevices(unit, recipient, device)
  return recipient === own.account ? listed?.filter((one) => one !== own.device) : listed
}

/** For devices that have a session, in a unit that the caller commits. */
export async function sealParcel(
  { clock, random, own, signal }: GroupNeeds,
  unit: SignalUnit,
  parcel: Parcel,
  devices: readonly DeviceId[],
): Promise<SealedParcel> {
  const { recipient: account, body } = parcel
  const name = MessageId.parse(random.uuid())
  const message = parcel.instead ?? name
  const head = { sender: own, recipient: account, message, at: clock.now(), body: { case: undefined } }
  const content = joined(writeContent(head), body)
  const envelopes: Envelope[] = []
  for (const device of devices) {
    const sealed = await signal.seal(unit, { account, device }, content)
    envelopes.push({ device, registrationId: sealed.registrationId, type: sealed.type, bytes: sealed.bytes })
  }
  return { parcel, submission: uuidToBytes(name), content, envelopes }
}

/** Fields may stand in any order, and one message may follow another. */
function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}

/** stale: their devices are others than it was sealed for, and known now. */
export type Submitted = 'submitted' | 'stale' | Failure

/** [P81] After the commit. Lost on the way, it is told again, sealed anew. */
export async function submitParcel(
  needs: GroupNeeds,
  { parcel, submission, envelopes }: SealedParcel,
): Promise<Submitted> {
  if (envelopes.length === 0) return 'submitted'
  const answered = await needs.connection.askAny({
    case: 'submit',
    value: {
      submission,
      recipient: uuidToBytes(parcel.recipient),
      partial: parcel.device !== undefined,
      envelopes: envelopes.map(({ bytes, ...envelope }) => ({ ...envelope, content: new Uint8Array(bytes) })),
    },
  })
  if (!answered.ok) return answered.failure
  if (answered.value.case !== 'staleDevices') return 'submitted'
  const refreshed = await needs.peers.refresh(parcel.recipient, answered.value.value.changed as DeviceId[])
  return refreshed.ok ? 'stale' : refreshed.failure
}

/** One parcel, sealed, committed and on its way. Kept, for whoever cannot open it and asks for it again [P71]. */
export async function sendParcel(needs: GroupNeeds, parcel: Parcel): Promise<Answer<null>> {
  const ready = await needs.peers.getReady(parcel.recipient, parcel.device)
  if (!ready.ok) return ready
  const sealed = await needs.work.run(async () => {
    const unit = needs.signal.unit()
    try {
      const devices = devicesFor(needs, unit, parcel)
      if (devices === undefined) return undefined
      const made = await sealParcel(needs, unit, parcel, devices)
      needs.sql.transaction(() => {
        unit.flush()
        keepSent(needs.sql, keptOf(made, needs.clock.now()))
      })
      unit.settled()
      return made
    } finally {
      unit.abandon()
    }
  })
  const submitted = sealed && (await submitParcel(needs, sealed))
  if (submitted === 'submitted') return answer(null)
  if (typeof submitted === 'object') return { ok: false, failure: submitted }
  return refuse('not-connected', 'their devices have changed')
}

function keptOf({ parcel, submission, content, envelopes }: SealedParcel, at: Instant): KeptSent {
  return { submission, recipient: parcel.recipient, devices: envelopes.map(({ device }) => device), content, at }
}
