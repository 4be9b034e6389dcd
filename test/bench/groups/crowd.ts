// A group of a thousand, of whom only one is there: the others have real identities, prekeys and places in a real log, and a
// relay in this process answers for all of them at once.

import { IdentityKeyPair } from '@signalapp/libsignal-client'
import type { Wire, WireListener } from '../../../src/engine/ports.ts'
import { addConversation } from '../../../src/engine/storage/conversations.ts'
import { setGroupState } from '../../../src/engine/storage/groups.ts'
import { type ClientBody, decodeClientFrame, encodeRelayFrame, type RelayBody } from '../../../src/protocol/frames.ts'
import { Reason, StreamKind } from '../../../src/protocol/generated/relay_pb.ts'
import { DEFAULT_POLICIES } from '../../../src/protocol/groups/permissions.ts'
import { saveState } from '../../../src/protocol/groups/save.ts'
import { bytesToUuid, type DeviceId, groupConversation, Instant, uuidToBytes } from '../../../src/shared/ids.ts'
import type { Sql } from '../../../src/shared/sql.ts'
import { foundGroup, type Log, type Member } from '../../protocol/group-log.ts'
import { ecKey, identityKey, kyberKey, makePerson, type Person, signedEcKey, signedList } from '../../relay/device.ts'
import { headOf, SUBMIT } from '../instant-relay.ts'

const NOTHING = new Uint8Array()

export interface Crowd {
  readonly log: Log
  readonly people: ReadonlyMap<string, Person>
}

/** The owner and so many others, who have all come in. */
export function gatherCrowd(sql: Sql, others: number): Crowd {
  const row = sql.get<{ account: Member['account']; identity: Uint8Array }>('SELECT account, identity FROM own_account')
  if (row === undefined) throw new Error('an owner without an account')
  const identity = IdentityKeyPair.deserialize(new Uint8Array(row.identity))
  const owner = { account: row.account, device: 1 as DeviceId, identity, identityKey: identity.publicKey.serialize() }
  // More than are said between two that are asked for.
  const log = foundGroup(owner, { policies: { ...DEFAULT_POLICIES, rotationMessages: 1_000 } })
  const people = Array.from({ length: others }, (_, index) => makePerson(`member-${index}`))
  for (const person of people) log.takesIn(owner, { ...person, identityKey: identityKey(person) })
  return { log, people: new Map(people.map((person) => [person.account, person])) }
}

/** As if the owner's messenger had followed the log from its beginning. */
export function settleIn(sql: Sql, { log }: Crowd): void {
  sql.transaction(() => {
    sql.run("INSERT INTO groups (group_id, entered, position, standing, title) VALUES (?, 1, ?, 'member', 'Crowd')", [
      log.group,
      log.entries.length,
    ])
    setGroupState(sql, log.group, saveState(log.state), 'member')
    addConversation(sql, {
      ...{ id: groupConversation(log.group), kind: 'group', account: null, state: 'open' },
      last_at: Instant.parse(Date.now()),
    })
  })
}

export interface CrowdRelay extends Wire {
  /** Bytes of what was published, since this was set to 0. */
  published: number
  publications: number
  /** How much was submitted, since this was set to 0. */
  submissions: number
}

/** Appends what is appended, has prekeys of everybody, and takes all else. */
export function createCrowdRelay({ people, log }: Crowd): CrowdRelay {
  let listener: WireListener | undefined
  let position = log.entries.length
  const appended: { position: bigint; content: Uint8Array }[] = []
  const account = log.state.created.by
  const at = () => BigInt(Date.now())

  function answerTo(body: ClientBody): RelayBody {
    switch (body.case) {
      case 'hello':
        return {
          case: 'welcome',
          value: { version: 1, relay: new Uint8Array(16), nonce: new Uint8Array(32), timeMs: at() },
        }
      case 'authenticate':
        return { case: 'authenticated', value: {} }
      case 'announceKeys':
        return { case: 'keysNeeded', value: {} }
      case 'uploadKeys':
        return { case: 'keysUploaded', value: {} }
      case 'acknowledge':
        return { case: 'acknowledged', value: {} }
      case 'fetchKeys':
        return bundlesOf(people.get(bytesToUuid(body.value.account ?? NOTHING) ?? ''))
      case 'lookUp':
        return { case: 'refused', value: { reason: Reason.NO_SUCH_ACCOUNT, detail: '', retryAfterMs: 0 } }
      case 'watchStreams': {
        const entries = BigInt(log.entries.length + appended.length)
        const standing = { group: uuidToBytes(log.group), served: true, entries, lastPosition: BigInt(position) }
        return { case: 'streamsWatched', value: { standings: [standing] } }
      }
      case 'readStream':
        return pageAfter(body.value.after ?? 0n)
      case 'appendEntry':
        position += 1
        appended.push({ position: BigInt(position), content: body.value.entry ?? NOTHING })
        return { case: 'entryAppended', value: { position: BigInt(position), timeMs: at() } }
      case 'publish':
        position += 1
        relay.published += (body.value.content ?? NOTHING).length
        relay.publications += 1
        return { case: 'published', value: { position: BigInt(position), timeMs: at() } }
      default:
        throw new Error(`the bench has no answer to ${body.case}`)
    }
  }

  function pageAfter(after: bigint): RelayBody {
    const items = appended
      .filter((entry) => entry.position > after)
      .map((entry) => ({
        ...{ ...entry, kind: StreamKind.ENTRY, sender: uuidToBytes(account), senderDevice: 1 },
        ...{ message: new Uint8Array(16), timeMs: at() },
      }))
    return { case: 'streamPage', value: { items, more: false, upTo: BigInt(position) } }
  }

  function hear(bytes: Uint8Array): void {
    const { request, kind } = headOf(bytes)
    if (kind === SUBMIT) {
      relay.submissions += 1
      listener?.frame(encodeRelayFrame(request, { case: 'accepted', value: { timeMs: at() } }))
      return
    }
    const frame = decodeClientFrame(bytes)
    if (frame?.body.case === undefined) throw new Error('not a frame')
    const answered = answerTo(frame.body as ClientBody)
    listener?.frame(encodeRelayFrame(frame.request, answered))
    if (answered.case === 'authenticated') listener?.frame(encodeRelayFrame(0, { case: 'caughtUp', value: {} }))
  }

  const relay: CrowdRelay = {
    published: 0,
    publications: 0,
    submissions: 0,
    connect: (_, heard) => {
      listener = heard
      setImmediate(() => heard.opened())
      return { send: (frame) => setImmediate(hear, frame), close: () => undefined }
    },
  }
  return relay
}

function bundlesOf(person: Person | undefined): RelayBody {
  if (person === undefined) throw new Error('nobody of that account')
  const bundle = {
    device: person.device,
    registrationId: person.registrationId,
    signedPrekey: signedEcKey(person, 1),
    kyber: kyberKey(person, 1),
    oneTimeEc: ecKey(1),
  }
  const list = signedList(person)
  return {
    case: 'keyBundles',
    value: { identityKey: identityKey(person), deviceList: list, bundles: [bundle] },
  }
}
