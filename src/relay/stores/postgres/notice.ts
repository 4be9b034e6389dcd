// Notices: rings on their way to other relays, as text in the payload of a NOTIFY.
//
// A payload is the name of the relay that sent it, then rings, all parted by spaces. A ring is a letter, then the
// mailbox, `account.device`, or the group, then for some a comma and more in base64. What cannot be read is passed over: relays of
// different versions may share a database.

import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { IncomingEnvelopeSchema } from '../../../protocol/generated/relay_pb.ts'
import { ACCOUNT_BYTES, NONCE_BYTES } from '../../../protocol/limits.ts'
import { GroupId } from '../../../shared/ids.ts'
import type { Ring } from '../../bell.ts'
import type { HeldEnvelope, OneTimeCounts } from '../../store.ts'

/** PostgreSQL takes less than 8000 bytes. */
const MOST_BYTES = 7900

/** That rings may have been lost, each relay finds out by itself. */
export type Told = Exclude<Ring, { kind: 'missed' }>

export type Notice =
  | {
      /** As `boxName` writes it. */
      readonly box: string
      readonly ring: Told
    }
  /** Its stream grew. */
  | { readonly group: GroupId }

const LETTERS = {
  mail: 'm',
  ephemeral: 'e',
  'keys-depleted': 'k',
  replaced: 'r',
  erased: 'x',
  unlisted: 'u',
} as const satisfies Record<Told['kind'], string>

const STREAM = 'g'

/** In as many payloads as it takes. An envelope that fits none is left out: it was not meant to last. */
export function writeNotices(relay: string, notices: readonly Notice[]): string[] {
  const payloads: string[] = []
  let payload = relay
  const told = new Set<string>()
  for (const notice of notices) {
    const text = writeNotice(notice)
    // Mail for one mailbox is told once, however much it is, and so is what came into a stream.
    if (('group' in notice || notice.ring.kind === 'mail') && told.has(text)) continue
    told.add(text)
    if (relay.length + 1 + text.length > MOST_BYTES) continue
    if (payload.length + 1 + text.length > MOST_BYTES) {
      payloads.push(payload)
      payload = relay
    }
    payload += ` ${text}`
  }
  if (payload !== relay) payloads.push(payload)
  return payloads
}

/** None of what `ours` sent, and no mail for a mailbox that nobody is interested in: this is gone through at every relay for every batch. */
export function readNotices(payload: string, ours: string, isOfInterest: (box: string) => boolean): Notice[] {
  if (payload.startsWith(`${ours} `)) return []
  const notices: Notice[] = []
  for (let start = payload.indexOf(' ') + 1; start > 0; ) {
    const next = payload.indexOf(' ', start)
    const text = payload.slice(start, next === -1 ? undefined : next)
    start = next + 1
    if (text.startsWith(LETTERS.mail) && !isOfInterest(boxIn(text))) continue
    const notice = readNotice(text)
    if (notice !== undefined) notices.push(notice)
  }
  return notices
}

function writeNotice(notice: Notice): string {
  if ('group' in notice) return `${STREAM}${notice.group}`
  const { box, ring } = notice
  const start = `${LETTERS[ring.kind]}${box}`
  if (ring.kind === 'ephemeral') return `${start},${writeEnvelope(ring.envelope)}`
  if (ring.kind === 'replaced' && ring.by !== undefined) return `${start},${Buffer.from(ring.by).toString('base64')}`
  if (ring.kind === 'keys-depleted') return `${start},${writeCounts(ring.left)}`
  return start
}

/** Or the group. */
function boxIn(text: string): string {
  const comma = text.indexOf(',')
  return text.slice(1, comma === -1 ? undefined : comma)
}

function readNotice(text: string): Notice | undefined {
  const box = boxIn(text)
  const more = text.slice(1 + box.length + 1)
  if (text.startsWith(STREAM)) {
    const group = GroupId.safeParse(box).data
    return group && { group }
  }
  const ring = readRing(text.charAt(0), more)
  return ring && { box, ring }
}

function readRing(letter: string, more: string): Told | undefined {
  switch (letter) {
    case LETTERS.mail:
      return { kind: 'mail' }
    case LETTERS.replaced: {
      // Earlier versions do not say by which, and do not put it into the store.
      const by = Buffer.from(more, 'base64')
      return { kind: 'replaced', by: by.length === NONCE_BYTES ? by : undefined }
    }
    case LETTERS.erased:
      return { kind: 'erased' }
    case LETTERS.unlisted:
      return { kind: 'unlisted' }
    case LETTERS['keys-depleted']: {
      const [oneTimeEc, oneTimeKyber] = Buffer.from(more, 'base64')
      return oneTimeEc === undefined || oneTimeKyber === undefined
        ? undefined
        : { kind: 'keys-depleted', left: { oneTimeEc, oneTimeKyber } }
    }
    case LETTERS.ephemeral: {
      const envelope = readEnvelope(more)
      return envelope && { kind: 'ephemeral', envelope }
    }
    default:
      return undefined
  }
}

/** At most a hundred of each. */
function writeCounts({ oneTimeEc, oneTimeKyber }: OneTimeCounts): string {
  return Buffer.of(oneTimeEc, oneTimeKyber).toString('base64')
}

function writeEnvelope({ submission, sender, senderDevice, type, content, takenAt }: HeldEnvelope): string {
  const timeMs = BigInt(takenAt)
  const message = create(IncomingEnvelopeSchema, { submission, sender, senderDevice, type, content, timeMs })
  return Buffer.from(toBinary(IncomingEnvelopeSchema, message)).toString('base64')
}

function readEnvelope(text: string): HeldEnvelope | undefined {
  try {
    const bytes = Buffer.from(text, 'base64')
    const { submission, sender, senderDevice, type, content, timeMs } = fromBinary(IncomingEnvelopeSchema, bytes)
    if (submission.length !== 16 || sender.length !== ACCOUNT_BYTES || content.length === 0) return undefined
    return { position: 0, submission, sender, senderDevice, type, content, takenAt: Number(timeMs) }
  } catch {
    return undefined
  }
}
