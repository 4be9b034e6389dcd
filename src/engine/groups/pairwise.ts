// What carries keys of groups between two accounts: through their pairwise sessions, not counted, and told again until it is
// known to have come [P131].

import { type Answer, answer, refuse } from '../../shared/answer.ts'
import { type AccountId, type DeviceId, MessageId, uuidToBytes } from '../../shared/ids.ts'
import { type ContentBody, writeContent } from '../messages/content.ts'
import type { SignalUnit } from '../signal/unit.ts'
import type { Envelope } from '../storage/envelopes.ts'
import { sealContent } from '../sync/seal.ts'
import type { GroupNeeds } from './needs.ts'

export interface Parcel {
  recipient: AccountId
  /** Only for this device. */
  device: DeviceId | undefined
  body: ContentBody
}

export interface SealedParcel {
  parcel: Parcel
  envelopes: Envelope[]
}

/** In a unit that the caller commits. Undefined: there is no session with some device of theirs yet. */
export async function sealParcel(
  needs: GroupNeeds,
  unit: SignalUnit,
  parcel: Parcel,
): Promise<SealedParcel | undefined> {
  const { sql, clock, random, own, peers, signal } = needs
  const { recipient, device, body } = parcel
  const listed = peers.readyDevices(unit, recipient, device)
  const devices = recipient === own.account ? listed?.filter((one) => one !== own.device) : listed
  if (devices === undefined) return undefined
  const content = writeContent({
    sender: own,
    recipient,
    message: MessageId.parse(random.uuid()),
    at: clock.now(),
    body,
  })
  const sealed = await sealContent(sql, signal, unit, recipient, devices, content, own)
  return { parcel, envelopes: sealed.envelopes }
}

/** [P81] After the commit. Lost on the way, it is told again, sealed anew. */
export async function submitParcel(needs: GroupNeeds, { parcel, envelopes }: SealedParcel): Promise<Answer<null>> {
  if (envelopes.length === 0) return answer(null)
  const answered = await needs.connection.askAny({
    case: 'submit',
    value: {
      submission: uuidToBytes(MessageId.parse(needs.random.uuid())),
      recipient: uuidToBytes(parcel.recipient),
      partial: parcel.device !== undefined,
      envelopes: envelopes.map(({ bytes, ...envelope }) => ({ ...envelope, content: new Uint8Array(bytes) })),
    },
  })
  if (!answered.ok) return answered
  if (answered.value.case === 'staleDevices') {
    const refreshed = await needs.peers.refresh(parcel.recipient, answered.value.value.changed as DeviceId[])
    return refreshed.ok ? refuse('not-connected', 'their devices have changed') : refreshed
  }
  return answer(null)
}

/** One parcel, sealed, committed and on its way. */
export async function sendParcel(needs: GroupNeeds, parcel: Parcel): Promise<Answer<null>> {
  const ready = await needs.peers.getReady(parcel.recipient, parcel.device)
  if (!ready.ok) return ready
  const sealed = await needs.work.run(async () => {
    const unit = needs.signal.unit()
    try {
      const made = await sealParcel(needs, unit, parcel)
      needs.sql.transaction(() => unit.flush())
      unit.settled()
      return made
    } catch (error) {
      unit.abandon()
      throw error
    }
  })
  return sealed === undefined ? refuse('not-connected') : submitParcel(needs, sealed)
}
