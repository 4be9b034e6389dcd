// What the relay sees: all that it says it holds about this account, in plain rows.

import type { HeldBlob, HeldDevice, HeldEnvelope, Holdings } from '../../protocol/generated/relay_pb.ts'
import { type Answer, answer } from '../../shared/answer.ts'
import { AccountId, bytesToUuid, Instant, uuidToBytes } from '../../shared/ids.ts'
import type { Held, RelayView } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'
import type { Live } from '../live.ts'
import { calledHere, findPersonRow, somePeople } from '../storage/people.ts'

/** As many mailboxes as one request may name. */
const MAILBOXES = 50
const SHOWN_BYTES = 16

export async function getRelayView(live: Live): Promise<Answer<RelayView>> {
  const { sql, clock } = live.ports
  const recipients = somePeople(sql, MAILBOXES).map((person) => uuidToBytes(person.account))
  const holdings = await live.connection.ask({ case: 'showHoldings', value: { recipients } }, 'holdings')
  if (!holdings.ok) return holdings
  const address = await live.connection.address()
  const relay = bytesToUuid(live.connection.welcome()?.relay ?? new Uint8Array()) ?? ''
  return answer({ relay, address: address.url, at: clock.now(), held: rows(sql, live.own.account, holdings.value) })
}

function rows(sql: Sql, own: AccountId, holdings: Holdings): Held[] {
  const held: Held[] = []
  for (const envelope of holdings.envelopes) held.push(envelopeRow(sql, own, envelope))
  for (const blob of holdings.blobs) held.push(blobRow(blob))
  const further = holdings.blobCount - holdings.blobs.length
  if (further > 0) held.push(row('further-blobs', { count: further }))
  for (const device of holdings.devices) held.push(...deviceRows(device))
  held.push(row('identity-key', { bytes: holdings.identityKey }))
  const list = holdings.deviceList
  if (list !== undefined) held.push(row('device-list', { bytes: list.list }))
  held.push({ ...row('username', { at: holdings.registeredMs }), with: holdings.username })
  return held
}

function envelopeRow(sql: Sql, own: AccountId, envelope: HeldEnvelope): Held {
  const fromMe = bytesToUuid(envelope.sender) === own
  const other = AccountId.safeParse(bytesToUuid(fromMe ? envelope.recipient : envelope.sender))
  const person = other.success ? findPersonRow(sql, other.data) : undefined
  const name = person === undefined ? null : calledHere(person)
  const { firstBytes, timeMs, deliverAfterMs, size } = envelope
  if (deliverAfterMs > 0n)
    return { ...row('scheduled-from-me', { bytes: firstBytes, at: deliverAfterMs, size }), with: name }
  return { ...row(fromMe ? 'envelope-from-me' : 'envelope-to-me', { bytes: firstBytes, at: timeMs, size }), with: name }
}

function blobRow({ size, digest, whole, expiresMs }: HeldBlob): Held {
  return row(whole ? 'blob' : 'unfinished-blob', { bytes: digest, size: Number(size), at: expiresMs })
}

function deviceRows(device: HeldDevice): Held[] {
  const held = [
    row('one-time-prekeys', { bytes: device.sample?.publicKey, count: device.oneTimeEc + device.oneTimeKyber }),
  ]
  if (device.signedPrekey !== undefined) held.push(row('signed-prekey', { bytes: device.signedPrekey.publicKey }))
  if (device.lastResortPrekey !== undefined)
    held.push(row('last-resort-prekey', { bytes: device.lastResortPrekey.publicKey }))
  held.push(row('last-seen', { at: device.lastSeenMs }))
  return held
}

interface Facts {
  bytes?: Uint8Array | undefined
  size?: number
  count?: number
  at?: bigint
}

function row(what: Held['what'], { bytes, size, count, at }: Facts): Held {
  return {
    what,
    with: null,
    count: count ?? null,
    size: size ?? bytes?.length ?? null,
    at: Instant.safeParse(Number(at)).data ?? null,
    bytes: hex(bytes ?? new Uint8Array()),
  }
}

function hex(bytes: Uint8Array): string {
  return [...bytes.subarray(0, SHOWN_BYTES)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
