// Sealing: one content, numbered, encrypted for each device that is to get it, with nothing written yet.

import { EnvelopeType } from '../../protocol/generated/relay_pb.ts'
import type { AccountId, DeviceId } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import { type Installation, numberContent } from '../messages/content.ts'
import type { Signal } from '../signal/signal.ts'
import type { SignalUnit } from '../signal/unit.ts'
import { type Link, lastOutgoing, setLastOutgoing } from '../storage/chains.ts'
import type { Envelope } from '../storage/envelopes.ts'
import { markSealed, type OutboxRow } from '../storage/outbox.ts'

export interface SealedContent {
  content: Uint8Array
  /** The new end of the chain, if this was numbered. */
  link: Link | undefined
  envelopes: Envelope[]
}

/** Every device must have a session; one step at a time per peer device is the caller's part [P41]. */
export async function sealContent(
  sql: Sql,
  signal: Signal,
  unit: SignalUnit,
  recipient: AccountId,
  devices: readonly DeviceId[],
  content: Uint8Array,
  installation: Installation,
): Promise<SealedContent> {
  const numbered = numberContent(content, lastOutgoing(sql, recipient), installation)
  const envelopes: Envelope[] = []
  for (const device of devices) {
    const sealed = await signal.seal(unit, { account: recipient, device }, numbered.bytes)
    envelopes.push({ device, registrationId: sealed.registrationId, type: sealed.type, bytes: sealed.bytes })
  }
  return { content: numbered.bytes, link: numbered.link, envelopes }
}

/** Inside the transaction that also flushes the unit [P81]. */
export function writeSealed(sql: Sql, row: OutboxRow, sealed: SealedContent): void {
  markSealed(sql, row, sealed.content, sealed.envelopes)
  if (sealed.link !== undefined) setLastOutgoing(sql, row.recipient, sealed.link)
}

/** A retry request is no secret and is not numbered. */
export function clearEnvelope(row: OutboxRow, device: DeviceId, registrationId: number): SealedContent {
  return {
    content: row.content,
    link: undefined,
    envelopes: [{ device, registrationId, type: EnvelopeType.RETRY, bytes: row.content }],
  }
}
