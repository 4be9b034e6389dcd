// A group without network or messengers, for thousands of schedules: the real log, the real sessions and announcements, the
// relay's own rules of what is taken and what is served to whom; and clients that do no more than put these together, in an
// order that a test chooses.

import {
  readEnvelope,
  readGroupContent,
  textBody,
  writeEnvelope,
  writeGroupContent,
} from '../../../src/engine/groups/content.ts'
import {
  type AnnouncedSession,
  createGroupSessions,
  type GroupSessions,
} from '../../../src/engine/signal/group-sessions.ts'
import { verifySignature } from '../../../src/engine/signal/verify.ts'
import { migrate } from '../../../src/engine/storage/migrate.ts'
import { migrations } from '../../../src/engine/storage/migrations.ts'
import { StreamKind } from '../../../src/protocol/generated/relay_pb.ts'
import { applyEntry } from '../../../src/protocol/groups/apply.ts'
import { buildEntry, buildFirstEntry, sealEntry } from '../../../src/protocol/groups/build.ts'
import type { Change, Encryption, HistoryGrant } from '../../../src/protocol/groups/change.ts'
import { mayRead, memberKeyIn } from '../../../src/protocol/groups/entitlement.ts'
import { isMember, takesReadable, takesSealed, tookReadableAt } from '../../../src/protocol/groups/permissions.ts'
import { readEntry } from '../../../src/protocol/groups/read.ts'
import { rotationReasons } from '../../../src/protocol/groups/rotation.ts'
import { epochAt, type GroupState, newestEpoch } from '../../../src/protocol/groups/state.ts'
import { SESSION_SALT_BYTES } from '../../../src/protocol/signed.ts'
import type { HeldItem } from '../../../src/relay/streams/contract.ts'
import {
  AccountId,
  bytesToUuid,
  DeviceId,
  GroupId,
  type GroupSessionId,
  Instant,
  MessageId,
  uuidToBytes,
} from '../../../src/shared/ids.ts'
import { openSql } from '../../engine/open-sql.ts'
import { type Person, person, personOf, testClock } from '../../engine/signal/people.ts'
import { creation } from '../../protocol/group-log.ts'
import { createPaperRelay } from './paper-relay.ts'
import { NAMES, type Name, nameOf, SEATS, type Seat } from './reference.ts'

/** Committed, and not known to be taken by the relay. */
interface ToSay {
  kind: typeof StreamKind.SEALED | typeof StreamKind.READABLE
  bytes: Uint8Array
  message: MessageId
  text: string
  /** Whether it may go out readable, where each message chooses. */
  readable: boolean
}

interface Client {
  readonly who: Person
  sessions: GroupSessions
  state: GroupState | undefined
  /** Of the stream. */
  read: number
  isCut: boolean
  speaksIn: { session: GroupSessionId; epoch: number; sequence: number } | undefined
  toSay: ToSay | undefined
  /** The last that the relay was handed, to be handed to it again. */
  handed: { said: ToSay } | { entry: Uint8Array } | undefined
  readonly vault: Map<GroupSessionId, AnnouncedSession>
  /** Keys on their way to this one, told by their owners. */
  readonly post: AnnouncedSession[]
  /** Lost on the way: they are told again, sooner or later. */
  readonly lost: AnnouncedSession[]
  readonly opened: Map<MessageId, string>
  readonly unopened: HeldItem[]
}

/** sealed: not committed · committed: not handed in · handed: taken, and not noted. */
export type Crash = 'sealed' | 'committed' | 'handed'
export type Post = 'arrives' | 'is lost' | 'arrives in another order' | 'arrives twice'

export interface PaperGroup {
  /** Appends it on top of what this one knows; again, on top of the rest, until it is taken or does not follow. */
  changes(seat: Seat, plan: (state: GroupState) => Change | undefined): boolean
  /** Seals, commits and hands in, or dies on the way. Whether it was said. */
  says(seat: Seat, text: string, how: { crash?: Crash | undefined; readable: boolean }): Promise<boolean>
  /** What is still to be handed in since a crash or a cut: the text, if it is said now. */
  resumes(seat: Seat): Promise<string | undefined>
  follows(seat: Seat): void
  invites(by: Name, who: Name, history: HistoryGrant): boolean
  removes(by: Name, who: Name): boolean
  switches(by: Name, encryption: Encryption): boolean
  /** What to whoever comes from then on may be given at most. */
  keeps(by: Name, history: 'none' | 'all'): boolean
  post(seat: Seat, how: Post): void
  /** Hands in once more what it has handed in, and is served once more what it was served. */
  repeats(seat: Seat): Promise<void>
  cuts(seat: Seat): void
  mends(seat: Seat): void
  isCut(seat: Seat): boolean
  /** A further device, which knows nothing yet. */
  adds(seat: Seat): void
  /** It is in no list any more: the relay lets it in no more, and who takes it off marks the group. */
  takesOff(seat: Seat): void
  /** Everybody reads all, asks for what they lack, and is answered by whoever has it and may. */
  settles(): Promise<void>
  /** Sorted. */
  reads(seat: Seat): string[]
  /** What the keys of this one open of all that was ever said, whatever the relay serves. Sorted. */
  couldRead(seat: Seat): Promise<string[]>
}

/** Their accounts and databases are made once, for all groups. */
export function makePeople(): Record<Seat, Person> {
  const people = {} as Record<Seat, Person>
  for (const name of NAMES) {
    people[name] = person(name)
    people[`${name} laptop`] = further(people[name], 2)
    people[`${name} tablet`] = further(people[name], 3)
  }
  return people
}

function further({ own }: Person, number: number): Person {
  const sql = openSql()
  migrate(sql, migrations)
  return personOf(sql, testClock(), { ...own, device: DeviceId.parse(number) })
}

export function foundPaperGroup(people: Record<Seat, Person>, owner: Name): PaperGroup {
  const group = GroupId.parse(crypto.randomUUID())
  let time = 1_800_000_000_000
  const relay = createPaperRelay(group, () => time)
  const clients = Object.fromEntries(SEATS.map((seat) => [seat, clientOf(people[seat])])) as Record<Seat, Client>
  /** As the signed lists have them. */
  const listed = new Set<Seat>(NAMES)

  const reaches = (seat: Seat) => listed.has(seat) && !clients[seat].isCut

  function changes(seat: Seat, plan: (state: GroupState) => Change | undefined): boolean {
    const client = clients[seat]
    if (!reaches(seat)) return false
    if (client.state === undefined) follows(seat)
    for (let tries = 0; tries < 3; tries++) {
      const { state, who } = client
      const change = state && plan(state)
      if (state === undefined || change === undefined) return false
      time += 1000
      const by = { actor: who.address.account, device: who.address.device, at: Instant.parse(time) }
      const built = buildEntry(state, by, change)
      const entry = sealEntry(built, who.own.identity.sign(built.toSign))
      const appended = relay.append(who.address, entry)
      if (appended === 'taken') client.handed = { entry }
      follows(seat)
      if (appended !== 'moved') return appended === 'taken'
    }
    return false
  }

  /** What is served to them by now, in order. */
  function follows(seat: Seat): void {
    const client = clients[seat]
    const { account } = client.who.address
    const extent = reaches(seat) ? relay.extentFor(account) : undefined
    const state = relay.state()
    if (extent === undefined || state === undefined) return
    // Who comes in reads from the beginning what was not for them before.
    const isIn = isMember(state, account)
    for (const item of relay.stream) {
      if (item.position > extent.upTo || !extent.serves(item)) continue
      if (item.kind === StreamKind.ENTRY) {
        if (item.position > client.read) judges(client, item)
      } else if (isIn || item.position > client.read) {
        const message = messageOf(item)
        const isKnown = client.opened.has(message) || client.unopened.includes(item)
        if (!isKnown) client.unopened.push(item)
      }
    }
    client.read = Math.min(relay.stream.length, extent.upTo)
  }

  function judges(client: Client, item: HeldItem): void {
    const read = readEntry(item.content)
    const judging = { verify: verifySignature, position: item.position }
    const applied = read.ok ? applyEntry(client.state, read.entry, judging) : read
    if (!applied.ok) throw new Error(`somebody does not follow: ${applied.why}`)
    client.state = applied.state
  }

  async function says(
    seat: Seat,
    text: string,
    { crash, readable }: { crash?: Crash | undefined; readable: boolean },
  ): Promise<boolean> {
    const client = clients[seat]
    const { who } = client
    // It may be that another device of theirs came in.
    if (client.state === undefined || !isMember(client.state, who.address.account)) follows(seat)
    for (let tries = 0; tries < 5; tries++) {
      const { state } = client
      if (!listed.has(seat) || state === undefined || !isMember(state, who.address.account)) return false
      const isOpen = !takesSealed(state) || (takesReadable(state) && readable)
      const epoch = newestEpoch(state).number
      if (!isOpen && rotationReasons(state, Instant.parse(time), 0).length > 0) {
        const next = (now: GroupState): Change | undefined =>
          newestEpoch(now).number === epoch ? { kind: 'open-epoch', epoch: epoch + 1 } : undefined
        // Without a connection it waits, sealed for nobody.
        if (!reaches(seat)) return false
        changes(seat, next)
        continue
      }
      if (isOpen) client.toSay = writesReadable(client, epoch, text, readable)
      else await seals(client, state, epoch, text, readable, crash === 'sealed' && tries === 0)
      if (client.toSay === undefined) continue
      if (crash === 'committed') restarts(client)
      if (crash === 'committed' || !reaches(seat)) return false
      const handed = await handsIn(client)
      if (handed !== 'refused') {
        if (crash === 'handed') restarts(client)
        else client.toSay = undefined
        return true
      }
      client.toSay = undefined
      follows(seat)
    }
    return false
  }

  function writesReadable(client: Client, epoch: number, text: string, readable: boolean): ToSay {
    const message = MessageId.parse(crypto.randomUUID())
    const place = { group, epoch, sender: client.who.address, message, session: undefined }
    const bytes = writeGroupContent(textBody(text), place, 0, Instant.parse(time))
    return { kind: StreamKind.READABLE, bytes, message, text, readable }
  }

  async function seals(
    client: Client,
    state: GroupState,
    epoch: number,
    text: string,
    readable: boolean,
    dies: boolean,
  ): Promise<void> {
    const { who } = client
    const unit = who.signal.unit()
    const isFresh = client.speaksIn?.epoch !== epoch
    const salt = crypto.getRandomValues(new Uint8Array(SESSION_SALT_BYTES))
    const begun = isFresh ? await client.sessions.begin(unit, group, epoch, salt) : undefined
    const session = begun?.session ?? client.speaksIn?.session ?? fail()
    const sequence = (isFresh ? 0 : (client.speaksIn?.sequence ?? 0)) + 1
    const message = MessageId.parse(crypto.randomUUID())
    const place = { group, epoch, sender: who.address, message, session }
    const content = writeGroupContent(textBody(text), place, sequence, Instant.parse(time))
    const bytes = writeEnvelope(epoch, session, who.address, await client.sessions.seal(unit, session, content))
    if (dies) {
      unit.abandon()
      restarts(client)
      return
    }
    who.sql.transaction(() => unit.flush())
    unit.settled()
    client.speaksIn = { session, epoch, sequence }
    client.toSay = { kind: StreamKind.SEALED, bytes, message, text, readable }
    if (begun === undefined) return
    client.vault.set(session, begun)
    // To every device that is in the list of a member.
    for (const seat of listed)
      if (people[seat] !== who && state.members.has(people[seat].address.account)) clients[seat].post.push(begun)
  }

  async function handsIn(client: Client): Promise<'taken' | 'before' | 'refused'> {
    const said = client.toSay ?? fail()
    const { kind, message, bytes, text } = said
    const taken = await relay.takes(client.who.address, { kind, message: uuidToBytes(message), content: bytes })
    if (taken === 'refused') return taken
    client.handed = { said }
    client.opened.set(message, text)
    return taken
  }

  async function resumes(seat: Seat): Promise<string | undefined> {
    const client = clients[seat]
    const said = client.toSay
    if (said === undefined || !reaches(seat)) return undefined
    const handed = await handsIn(client)
    client.toSay = undefined
    if (handed !== 'refused') return handed === 'taken' ? said.text : undefined
    follows(seat)
    // What somebody said locked does not go out for the relay to read.
    const { kind, text, readable } = said
    if (kind === StreamKind.SEALED && client.state !== undefined && !takesSealed(client.state)) return undefined
    return (await says(seat, text, { readable })) ? text : undefined
  }

  /** Only what is in the database is left. */
  function restarts(client: Client): void {
    client.sessions = createGroupSessions(client.who.own)
  }

  function post(seat: Seat, how: Post): void {
    const client = clients[seat]
    if (!reaches(seat)) return
    const arrived = client.post.splice(0)
    if (how === 'is lost') {
      client.lost.push(...arrived)
      return
    }
    follows(seat)
    const ordered = how === 'arrives in another order' ? arrived.toReversed() : arrived
    for (const key of how === 'arrives twice' ? [...ordered, ...ordered] : ordered) takes(client, key)
  }

  async function repeats(seat: Seat): Promise<void> {
    const client = clients[seat]
    if (!reaches(seat)) return
    const { handed } = client
    const length = relay.stream.length
    if (handed !== undefined && 'entry' in handed) relay.append(client.who.address, handed.entry)
    if (handed !== undefined && 'said' in handed) {
      const { kind, message, bytes } = handed.said
      await relay.takes(client.who.address, { kind, message: uuidToBytes(message), content: bytes })
    }
    if (relay.stream.length !== length) throw new Error(`${seat}: what was handed in twice is there twice`)
    // Of what it is served again, entries are known by their number; the rest is opened again, and says the same.
    const extent = relay.extentFor(client.who.address.account)
    for (const item of relay.stream) {
      if (item.position > client.read || extent?.serves(item) !== true) continue
      if (item.kind === StreamKind.ENTRY) knowsAgain(client, item)
      else await opensAgain(client, item)
    }
  }

  function knowsAgain({ state }: Client, item: HeldItem): void {
    const read = readEntry(item.content)
    if (!read.ok || state === undefined) throw new Error('an entry that cannot be read again')
    if (applyEntry(state, read.entry, { verify: verifySignature, position: item.position }).ok)
      throw new Error('an entry that follows twice')
  }

  async function opensAgain(client: Client, item: HeldItem): Promise<void> {
    const known = client.opened.get(messageOf(item))
    const text = known === undefined ? undefined : await opens(client, item)
    if (text !== undefined && text !== known) throw new Error(`${known} says ${text} when it is read again`)
  }

  /** [P133] */
  function takes(client: Client, key: AnnouncedSession): void {
    const { state } = client
    const identityKey = state && memberKeyIn(state, key.owner, key.epoch)
    if (state === undefined || identityKey === undefined || client.vault.has(key.session)) return
    if (!mayRead(state, client.who.address.account, key.epoch)) return
    if (client.sessions.isGenuine(key, identityKey)) client.vault.set(key.session, key)
  }

  async function opens(client: Client, item: HeldItem): Promise<string | undefined> {
    if (item.kind === StreamKind.READABLE) return readsOpen(client, item)
    const envelope = readEnvelope(item.content)
    const key = envelope && client.vault.get(envelope.session)
    if (envelope === undefined || key === undefined) return undefined
    const { owner, epoch, session } = envelope
    const from = { session, owner, distribution: key.distribution }
    const read = await client.sessions.read(client.who.signal.unit(), from, envelope.ciphertext)
    if (read.is !== 'plaintext') throw new Error(`unreadable: ${read.why}`)
    const place = { group, epoch, sender: owner, message: messageOf(item), session }
    return textIn(readGroupContent(read.plaintext, place))
  }

  /** [G8] Where the log allowed it when it was taken, and by a member. */
  function readsOpen({ state }: Client, item: HeldItem): string | undefined {
    if (state === undefined || !tookReadableAt(state, item.position)) return undefined
    const account = AccountId.parse(bytesToUuid(item.sender))
    const epoch = epochAt(state, item.position)
    if (memberKeyIn(state, account, epoch) === undefined) return undefined
    const sender = { account, device: DeviceId.parse(item.senderDevice) }
    const place = { group, epoch, sender, message: messageOf(item), session: undefined }
    return textIn(readGroupContent(item.content, place))
  }

  async function settles(): Promise<void> {
    for (const seat of listed) {
      clients[seat].post.push(...clients[seat].lost.splice(0))
      post(seat, 'arrives')
    }
    for (const seat of listed) {
      const client = clients[seat]
      // For all there is, whether they were served it or not: what they may not have nobody gives them.
      for (const item of relay.stream) if (item.kind === StreamKind.SEALED) asks(client, item)
      for (const item of client.unopened.splice(0)) {
        const text = await opens(client, item)
        if (text !== undefined) client.opened.set(messageOf(item), text)
      }
    }
  }

  /** [D5] [D7] Whoever has it and is a member gives it, to who is one and may have it. */
  function asks(client: Client, item: HeldItem): void {
    const envelope = readEnvelope(item.content)
    const asker = client.who.address.account
    if (envelope === undefined || client.vault.has(envelope.session)) return
    for (const seat of listed) {
      const giver = clients[seat]
      const key = giver.vault.get(envelope.session)
      if (key === undefined || giver.state === undefined || giver === client) continue
      if (!isMember(giver.state, giver.who.address.account) || !mayRead(giver.state, asker, key.epoch)) continue
      takes(client, key)
    }
  }

  const first = people[owner]
  const by = { actor: first.address.account, device: first.address.device, at: Instant.parse(time) }
  const built = buildFirstEntry(
    group,
    by,
    creation(
      { identityKey: first.own.identity.publicKey as Uint8Array<ArrayBuffer> },
      {
        policies: { history: { kind: 'all' }, rotationTime: 7 * 86_400_000, rotationMessages: 100 },
      },
    ),
  )
  relay.append(first.address, sealEntry(built, first.own.identity.sign(built.toSign)))
  follows(owner)

  return {
    changes,
    says,
    resumes,
    follows,
    invites(by, who, history) {
      const { account } = people[who].address
      const invited = { account, identityKey: people[who].own.identity.publicKey, role: 'member' as const, history }
      follows(by)
      const isInvited = changes(by, ({ members }) =>
        members.has(account) ? undefined : { kind: 'invite', people: [invited], expiresAt: undefined },
      )
      if (!isInvited) return false
      follows(who)
      return changes(who, () => ({ kind: 'accept-invitation' }))
    },
    removes: (by, who) => changes(by, () => ({ kind: 'remove', accounts: [people[who].address.account] })),
    switches(by, encryption) {
      follows(by)
      return changes(by, ({ encryption: { mode } }) =>
        mode === encryption ? undefined : { kind: 'set-encryption', encryption },
      )
    },
    keeps: (by, history) =>
      changes(by, ({ policies }) => ({ kind: 'set-policies', policies: { ...policies, history: { kind: history } } })),
    post,
    repeats,
    cuts: (seat) => {
      clients[seat].isCut = true
    },
    mends: (seat) => {
      clients[seat].isCut = false
    },
    isCut: (seat) => clients[seat].isCut,
    adds: (seat) => {
      listed.add(seat)
      follows(seat)
    },
    takesOff(seat) {
      listed.delete(seat)
      // [G4] By whom they are taken off: a device that has the account.
      const by = nameOf(seat)
      follows(by)
      changes(by, ({ members, marks }) =>
        members.has(people[by].address.account) && !marks.some(({ why }) => why === 'asked')
          ? { kind: 'request-rotation' }
          : undefined,
      )
    },
    settles,
    reads: (seat) => [...clients[seat].opened.values()].toSorted(),
    async couldRead(seat) {
      const open: string[] = []
      for (const item of relay.stream) {
        if (item.kind !== StreamKind.SEALED) continue
        const text = await opens(clients[seat], item)
        if (text !== undefined) open.push(text)
      }
      return open.toSorted()
    },
  }
}

function clientOf(who: Person): Client {
  return {
    who,
    sessions: createGroupSessions(who.own),
    state: undefined,
    read: 0,
    isCut: false,
    speaksIn: undefined,
    toSay: undefined,
    handed: undefined,
    vault: new Map(),
    post: [],
    lost: [],
    opened: new Map(),
    unopened: [],
  }
}

function textIn(content: ReturnType<typeof readGroupContent>): string | undefined {
  return content?.body.case === 'text' ? content.body.value.text : undefined
}

function messageOf({ message }: HeldItem): MessageId {
  return MessageId.parse(bytesToUuid(message))
}

function fail(): never {
  throw new Error('not there')
}
