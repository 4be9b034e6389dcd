// A group at a real relay: devices that append to its log and say something, with real keys and signatures.

import { randomBytes, randomUUID } from 'node:crypto'
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { verifySignature } from '../../src/engine/signal/verify.ts'
import {
  Algorithm,
  FulfilledSchema,
  GroupContentSchema,
  GroupEnvelopeSchema,
  LeaseSchema,
  SolicitationSchema,
} from '../../src/protocol/generated/group_pb.ts'
import { type ReadStreamSchema, Reason, type StreamItem, StreamKind } from '../../src/protocol/generated/relay_pb.ts'
import { applyEntry } from '../../src/protocol/groups/apply.ts'
import { buildEntry, buildFirstEntry } from '../../src/protocol/groups/build.ts'
import type { Change, HistoryGrant, Role } from '../../src/protocol/groups/change.ts'
import { readEntry } from '../../src/protocol/groups/read.ts'
import { type GroupState, newestEpoch } from '../../src/protocol/groups/state.ts'
import { GroupId, type Instant, uuidToBytes } from '../../src/shared/ids.ts'
import { creation, signedBy } from '../protocol/group-log.ts'
import { type Body, identityKey, type Line, type Person } from './device.ts'

/** A person's device at the relay. */
export interface At {
  person: Person
  line: Line
}

export interface RelayGroup {
  readonly group: GroupId
  /** As whoever appended last knows it. */
  state: GroupState
  /** Appends what they make of it; the answer, whatever it is. */
  tries(who: At, change: Change, more?: { at?: Instant; linkSecret?: Uint8Array; on?: GroupState }): Promise<Body>
  /** Throws where it is not appended. */
  does(who: At, change: Change, linkSecret?: Uint8Array): Promise<bigint>
  /** Invites them and lets them accept. */
  takesIn(by: At, who: At, role?: Role, history?: HistoryGrant): Promise<void>
}

export const asMember = ({ person }: At) => ({ ...person, identityKey: identityKey(person) })

export const invite = (who: readonly At[], role: Role = 'member', history: HistoryGrant = { kind: 'all' }): Change => ({
  kind: 'invite',
  people: who.map(({ person }) => ({ account: person.account, identityKey: identityKey(person), role, history })),
  expiresAt: undefined,
})

/** The owner's clock is right; the relay may have one of its own. */
export async function makeGroup(
  owner: At,
  more: Parameters<typeof creation>[1] = {},
  now: () => number = Date.now,
): Promise<RelayGroup> {
  const group = GroupId.parse(randomUUID())
  let state: GroupState | undefined

  function entryBy({ person }: At, change: Change, at: Instant, on: GroupState | undefined): Uint8Array<ArrayBuffer> {
    const by = { actor: person.account, device: person.device, at }
    const isFirst = on === undefined && change.kind === 'create'
    if (!isFirst && on === undefined) throw new Error('a group without an entry')
    return signedBy(person, isFirst ? buildFirstEntry(group, by, change) : buildEntry(on as GroupState, by, change))
  }

  async function append(who: At, entry: Uint8Array, linkSecret: Uint8Array): Promise<Body> {
    const answered = await who.line.ask({
      case: 'appendEntry',
      value: { group: uuidToBytes(group), entry, linkSecret },
    })
    if (answered.case !== 'entryAppended') return answered
    const read = readEntry(entry)
    const position = Number(answered.value.position)
    const applied = read.ok ? applyEntry(state, read.entry, { verify: verifySignature, position }) : read
    if (applied.ok) state = applied.state
    return answered
  }

  const tries: RelayGroup['tries'] = (who, change, { at = now() as Instant, linkSecret = new Uint8Array(), on } = {}) =>
    append(who, entryBy(who, change, at, on ?? state), linkSecret)

  const does: RelayGroup['does'] = async (who, change, linkSecret = new Uint8Array()) => {
    const answered = await tries(who, change, { linkSecret })
    if (answered.case !== 'entryAppended') throw new Error(`${change.kind}: ${said(answered)}`)
    return answered.value.position
  }

  await does(owner, creation(asMember(owner), more))
  return {
    group,
    get state() {
      if (state === undefined) throw new Error('a group without an entry')
      return state
    },
    set state(newer) {
      state = newer
    },
    tries,
    does,
    takesIn: async (by, who, role, history) => {
      await does(by, invite([who], role, history))
      await does(who, { kind: 'accept-invitation' })
    },
  }
}

export function said(body: Body): string {
  return body.case === 'refused' ? reasonOf(body) : String(body.case)
}

/** `NOT_PERMITTED`, of what was refused. */
export function reasonOf(body: Body): string {
  if (body.case !== 'refused') return String(body.case)
  const { reason } = body.value
  return Object.entries(Reason).find(([, number]) => number === reason)?.[0] ?? String(reason)
}

// --- What is said ---

/** As a sealed one looks from outside; what is in it nobody here can tell. */
export function sealed(who: At, { state }: RelayGroup, text: string, epoch = newestEpoch(state).number) {
  const { account, device } = who.person
  return toBinary(
    GroupEnvelopeSchema,
    create(GroupEnvelopeSchema, {
      epoch: BigInt(epoch),
      data: {
        algorithm: Algorithm.SENDER_KEY,
        ciphertext: Buffer.from(text),
        senderKey: Buffer.from([...uuidToBytes(account), device]),
        session: randomBytes(16),
      },
    }),
  )
}

export function readable(
  { person }: At,
  { group }: RelayGroup,
  message: Uint8Array,
  text: string,
  more: MessageInitShape<typeof GroupContentSchema> = {},
) {
  return toBinary(
    GroupContentSchema,
    create(GroupContentSchema, {
      group: uuidToBytes(group),
      sender: uuidToBytes(person.account),
      senderDevice: person.device,
      message,
      body: { case: 'text', value: { text } },
      ...more,
    }),
  )
}

/** Asks for keys, promises them, or says that they have come. */
export function aboutKeys(kind: StreamKind, count = 1) {
  const ids = Array.from({ length: count }, () => randomBytes(16))
  if (kind === StreamKind.SOLICITATION) return toBinary(SolicitationSchema, create(SolicitationSchema, { ids }))
  const schema = kind === StreamKind.LEASE ? LeaseSchema : FulfilledSchema
  return toBinary(schema, create(schema, { solicitation: randomBytes(16), ids }))
}

export function publish(
  { line }: At,
  { group }: RelayGroup,
  content: Uint8Array,
  kind: StreamKind = StreamKind.SEALED,
  message: Uint8Array = randomBytes(16),
): Promise<Body> {
  return line.ask({ case: 'publish', value: { group: uuidToBytes(group), message, kind, content } })
}

/** Throws where it is not taken; otherwise its position. */
export async function say(who: At, group: RelayGroup, text: string): Promise<bigint> {
  const answered = await publish(who, group, sealed(who, group, text))
  if (answered.case !== 'published') throw new Error(said(answered))
  return answered.value.position
}

export function ask(
  { line }: At,
  { group }: Pick<RelayGroup, 'group'>,
  more: MessageInitShape<typeof ReadStreamSchema> = {},
) {
  return line.ask({ case: 'readStream', value: { group: uuidToBytes(group), ...more } })
}

/** All of it there is for them, a page at a time. */
export async function readAll(who: At, group: Pick<RelayGroup, 'group'>, limit = 0): Promise<StreamItem[]> {
  const items: StreamItem[] = []
  for (let after = 0n; ; ) {
    const answered = await ask(who, group, { after, limit })
    if (answered.case !== 'streamPage') throw new Error(said(answered))
    items.push(...answered.value.items)
    after = answered.value.upTo
    if (!answered.value.more) return items
  }
}

/** What was said, of items: `#` stands for an entry. */
export function texts(items: readonly StreamItem[]): string[] {
  return items.map(({ kind, content }) => {
    if (kind === StreamKind.ENTRY) return '#'
    const found = /<([^<>]*)>/.exec(Buffer.from(content).toString('latin1'))
    return found?.[1] ?? '?'
  })
}

export function watch({ line }: At, ...groups: readonly Pick<RelayGroup, 'group'>[]) {
  const value = { groups: groups.map(({ group }) => uuidToBytes(group)) }
  return line.expect({ case: 'watchStreams', value }, 'streamsWatched')
}
