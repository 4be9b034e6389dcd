// Saying something in a group: taken once, for members, as the log allows it, and put behind all that was said [P121].

import { fromBinary } from '@bufbuild/protobuf'
import type { RelayBody } from '../../protocol/frames.ts'
import {
  Algorithm,
  FulfilledSchema,
  GroupContentSchema,
  GroupEnvelopeSchema,
  LeaseSchema,
  SolicitationSchema,
} from '../../protocol/generated/group_pb.ts'
import { type Publish, Reason, StreamKind } from '../../protocol/generated/relay_pb.ts'
import { isMember, mayDo, takesReadable, takesSealed } from '../../protocol/groups/permissions.ts'
import { type GroupState, newestEpoch } from '../../protocol/groups/state.ts'
import { MAX_ENVELOPE_BYTES } from '../../protocol/limits.ts'
import { unreachable } from '../../shared/answer.ts'
import { type GroupId, type Instant, uuidToBytes } from '../../shared/ids.ts'
import type { Caller } from '../authentication.ts'
import type { Bell } from '../bell.ts'
import type { Limit } from '../limits.ts'
import type { Clock } from '../ports.ts'
import { readGroup } from '../read.ts'
import { malformed, type Refusal, refused, tooManyRequests } from '../refusal.ts'
import { StoreUnavailable } from '../store.ts'
import { noSuchGroup } from './append.ts'
import type { Publication, Published, StreamStore } from './contract.ts'
import type { GroupStates } from './states.ts'

export interface PublishParts {
  store: Pick<StreamStore, 'publish' | 'findMessage'>
  states: Pick<GroupStates, 'remembered' | 'newest'>
  bell: Pick<Bell, 'grew'>
  clock: Pick<Clock, 'now'>
  /** By account. */
  publications: Limit
}

const MESSAGE_BYTES = 16
/** Ids that one solicitation, lease or fulfilment is about, of 16 or 32 bytes. */
const MOST_IDS = 100
/** So often the log may move on while we judge by it. */
const MOST_ROUNDS = 5

/** Who says it, by their connection. */
type Speaker = Pick<Caller, 'account' | 'device'>

/** What is said, as far as the relay looks into it. */
interface Said {
  group: GroupId
  request: Publish
  /** Of what is sealed. */
  epoch: number | undefined
}

export async function publish(parts: PublishParts, caller: Speaker, request: Publish): Promise<RelayBody> {
  const said = readSaid(caller, request)
  if ('case' in said) return said
  const wait = parts.publications.take(caller.account)
  if (wait > 0) return tooManyRequests(wait)
  const { states, clock } = parts
  let state = states.remembered(said.group)
  for (let round = 0; round < MOST_ROUNDS; round++) {
    let refusal = state === undefined ? noSuchGroup() : judge(state, caller, said, clock.now())
    // What is remembered may be behind: nobody is refused by it.
    if (refusal !== undefined && round === 0) {
      state = await states.newest(said.group)
      refusal = state === undefined ? noSuchGroup() : judge(state, caller, said, clock.now())
    }
    if (state === undefined || refusal !== undefined)
      return (await takenBefore(parts, caller, said)) ?? noAnswer(refusal)
    const published = await put(parts, caller, said, state)
    if (published.outcome !== 'moved') return answerTo(parts, said.group, published)
    state = await states.newest(said.group)
  }
  throw new StoreUnavailable('the log keeps moving on')
}

function noAnswer(refusal: Refusal | undefined): Refusal {
  return refusal ?? noSuchGroup()
}

function put({ store, clock }: PublishParts, caller: Speaker, { group, request }: Said, state: GroupState) {
  const { message, kind, content } = request
  const publication: Publication = {
    ...{ group, message, kind, content },
    sender: caller.account,
    senderDevice: caller.device,
    head: state.head.hash,
  }
  return store.publish(publication, clock.now())
}

/** What was taken once stays taken, whatever the log says by now. */
async function takenBefore({ store }: PublishParts, caller: Speaker, said: Said): Promise<RelayBody | undefined> {
  const before = await store.findMessage(said.group, caller.account, said.request.message)
  return before && published(before.position, before.at, true)
}

function answerTo({ bell }: PublishParts, group: GroupId, stored: Exclude<Published, { outcome: 'moved' }>): RelayBody {
  switch (stored.outcome) {
    case 'published': {
      bell.grew(group, stored.placed)
      const { position, takenAt } = stored.placed.item
      return published(position, takenAt, false)
    }
    case 'duplicate':
      // Whoever took it first may have been killed before it could ring.
      bell.grew(group)
      return published(stored.position, stored.at, true)
    case 'full':
      return refused(Reason.STREAM_FULL, 'the stream holds all it may')
    case 'no-such-stream':
      return noSuchGroup()
    default:
      return unreachable(stored)
  }
}

function published(position: number, at: number, duplicate: boolean): RelayBody {
  return { case: 'published', value: { position: BigInt(position), timeMs: BigInt(at), duplicate } }
}

/** Why it is not taken; undefined: it is. */
function judge(state: GroupState, caller: Speaker, { request, epoch }: Said, now: Instant): Refusal | undefined {
  if (!isMember(state, caller.account)) return noSuchGroup()
  const isSealed = request.kind === StreamKind.SEALED
  if (!isSealed && request.kind !== StreamKind.READABLE) return undefined
  if (!mayDo(state, caller.account, 'send', now)) return refused(Reason.NOT_PERMITTED, 'muted, or not to send here')
  if (isSealed && !takesSealed(state)) return refused(Reason.ENCRYPTION_OFF, 'encryption is switched off')
  if (!isSealed && !takesReadable(state)) return refused(Reason.ENCRYPTION_REQUIRED, 'encryption is required')
  const isOver = isSealed && (epoch !== newestEpoch(state).number || state.marks.length > 0)
  return isOver ? refused(Reason.EPOCH_OVER, 'open an epoch, or use the newest, and seal it afresh') : undefined
}

// --- The parser door ---

function readSaid(caller: Speaker, request: Publish): Said | Refusal {
  const group = readGroup(request.group)
  if (group === undefined || request.message.length !== MESSAGE_BYTES) return malformed('not a message of a group')
  const { content, kind } = request
  if (content.length === 0) return malformed('nothing is said')
  if (content.length > MAX_ENVELOPE_BYTES) return refused(Reason.TOO_LARGE, `at most ${MAX_ENVELOPE_BYTES} bytes`)
  switch (kind) {
    case StreamKind.SEALED:
      return readSealed(caller, group, request) ?? malformed('not an envelope of this device')
    case StreamKind.READABLE:
      return isReadable(caller, request) ? { group, request, epoch: undefined } : malformed('not said by this device')
    case StreamKind.SOLICITATION:
    case StreamKind.LEASE:
    case StreamKind.FULFILLED:
      return namesFew(kind, content) ? { group, request, epoch: undefined } : malformed('names none, or too many')
    case StreamKind.UNSPECIFIED:
    case StreamKind.ENTRY:
      return malformed('not something that is said')
    default:
      return refused(Reason.UPDATE_NEEDED, 'this relay does not know that kind')
  }
}

/** [G11] It names its epoch, and a key of the device that publishes it. What is in it is nobody's business here. */
function readSealed(caller: Speaker, group: GroupId, request: Publish): Said | undefined {
  const envelope = parse(() => fromBinary(GroupEnvelopeSchema, request.content))
  const { epoch, data } = envelope ?? {}
  if (epoch === undefined || epoch === 0n || epoch > BigInt(Number.MAX_SAFE_INTEGER)) return undefined
  if (data === undefined || data.ciphertext.length === 0) return undefined
  if (data.algorithm === Algorithm.SENDER_KEY && !isKeyOf(caller, data.senderKey)) return undefined
  return { group, request, epoch: Number(epoch) }
}

function isKeyOf({ account, device }: Speaker, senderKey: Uint8Array): boolean {
  return Buffer.compare(senderKey, Buffer.from([...uuidToBytes(account), device])) === 0
}

/** [G11] What it says of itself is so. */
function isReadable({ account, device }: Speaker, { group, message, content }: Publish): boolean {
  const said = parse(() => fromBinary(GroupContentSchema, content))
  if (said === undefined || said.senderDevice !== device || said.session.length > 0) return false
  const pairs: [Uint8Array, Uint8Array][] = [
    [said.sender, uuidToBytes(account)],
    [said.group, group],
    [said.message, message],
  ]
  return pairs.every(([inner, outer]) => Buffer.compare(inner, outer) === 0)
}

function namesFew(kind: StreamKind, content: Uint8Array): boolean {
  const ids = parse(() => {
    if (kind === StreamKind.SOLICITATION) return fromBinary(SolicitationSchema, content).ids
    return fromBinary(kind === StreamKind.LEASE ? LeaseSchema : FulfilledSchema, content).ids
  })
  return ids !== undefined && ids.length >= 1 && ids.length <= MOST_IDS && ids.every(({ length }) => length <= 32)
}

function parse<Message>(read: () => Message): Message | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
