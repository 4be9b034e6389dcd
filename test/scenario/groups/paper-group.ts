// A group without network or messengers, for thousands of schedules: the real log, the real sessions and announcements, the
// relay's own rule of what is served to whom; and clients that do no more than put these together, in an order that a test
// chooses.

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
import { StreamKind } from '../../../src/protocol/generated/relay_pb.ts'
import { applyEntry } from '../../../src/protocol/groups/apply.ts'
import { buildEntry, buildFirstEntry, sealEntry } from '../../../src/protocol/groups/build.ts'
import type { Change, HistoryGrant } from '../../../src/protocol/groups/change.ts'
import { mayRead, memberKeyIn } from '../../../src/protocol/groups/entitlement.ts'
import { isMember } from '../../../src/protocol/groups/permissions.ts'
import { readEntry } from '../../../src/protocol/groups/read.ts'
import { rotationReasons } from '../../../src/protocol/groups/rotation.ts'
import { type GroupState, newestEpoch } from '../../../src/protocol/groups/state.ts'
import { SESSION_SALT_BYTES } from '../../../src/protocol/signed.ts'
import type { HeldItem } from '../../../src/relay/streams/contract.ts'
import { extentOf } from '../../../src/relay/streams/extent.ts'
import { GroupId, type GroupSessionId, Instant, MessageId, uuidToBytes } from '../../../src/shared/ids.ts'
import { type Person, person } from '../../engine/signal/people.ts'
import { creation } from '../../protocol/group-log.ts'
import { NAMES, type Name } from './reference.ts'

const NOBODYS_SECRET = new Uint8Array()

interface Client {
  readonly who: Person
  sessions: GroupSessions
  state: GroupState | undefined
  /** Of the stream. */
  read: number
  speaksIn: { session: GroupSessionId; epoch: number; sequence: number } | undefined
  /** Committed, and not yet taken by the relay. */
  sealed: { bytes: Uint8Array; message: MessageId; text: string } | undefined
  readonly vault: Map<GroupSessionId, AnnouncedSession>
  /** Keys on their way to this one, told by their owners. */
  readonly post: AnnouncedSession[]
  /** Lost on the way: they are told again, sooner or later. */
  readonly lost: AnnouncedSession[]
  readonly opened: Map<MessageId, string>
  readonly unopened: HeldItem[]
}

export interface PaperGroup {
  /** Appends it on top of what this one knows; again, on top of the rest, until it is taken or does not follow. */
  changes(name: Name, plan: (state: GroupState) => Change | undefined): boolean
  /** Seals, commits and hands in. crash: dies with it sealed and not committed, or committed and not handed in. */
  says(name: Name, text: string, crash?: 'sealed' | 'committed'): Promise<boolean>
  /** What is still to be handed in since a crash. */
  resumes(name: Name): Promise<string | undefined>
  follows(name: Name): void
  invites(by: Name, who: Name, history: HistoryGrant): boolean
  removes(by: Name, who: Name): boolean
  /** The post to this one arrives, or is lost. */
  post(name: Name, isLost: boolean): void
  /** Everybody reads all, asks for what they lack, and is answered by whoever has it and may. */
  settles(): Promise<void>
  /** Sorted. */
  reads(name: Name): string[]
  /** What the keys of this one open of all that was ever said, whatever the relay serves. Sorted. */
  couldRead(name: Name): Promise<string[]>
}

/** Their accounts and databases are made once, for all groups. */
export function makePeople(): Record<Name, Person> {
  return Object.fromEntries(NAMES.map((name) => [name, person(name)])) as Record<Name, Person>
}

export function foundPaperGroup(people: Record<Name, Person>, owner: Name): PaperGroup {
  const group = GroupId.parse(crypto.randomUUID())
  const stream: HeldItem[] = []
  const texts = new Map<MessageId, string>()
  let time = 1_800_000_000_000
  let relay: GroupState | undefined
  const clients = Object.fromEntries(NAMES.map((name) => [name, clientOf(people[name])])) as Record<Name, Client>

  function hold(kind: StreamKind, sender: Name, message: Uint8Array, content: Uint8Array): void {
    const { account, device } = people[sender].address
    stream.push({
      position: stream.length + 1,
      takenAt: Instant.parse(time),
      sender: uuidToBytes(account),
      senderDevice: device,
      ...{ kind, message, content },
    })
  }

  function append(name: Name, bytes: Uint8Array): 'taken' | 'moved' | 'refused' {
    const read = readEntry(bytes)
    if (!read.ok) return 'refused'
    const applied = applyEntry(relay, read.entry, { verify: verifySignature, position: stream.length + 1 })
    if (!applied.ok) return applied.why === 'wrong-index' || applied.why === 'wrong-chain' ? 'moved' : 'refused'
    relay = applied.state
    hold(StreamKind.ENTRY, name, new Uint8Array(16), bytes)
    return 'taken'
  }

  function changes(name: Name, plan: (state: GroupState) => Change | undefined): boolean {
    const { who, state: known } = clients[name]
    if (known === undefined) follows(name)
    for (let tries = 0; tries < 3; tries++) {
      const { state } = clients[name]
      const change = state && plan(state)
      if (state === undefined || change === undefined) return false
      time += 1000
      const by = { actor: who.address.account, device: who.address.device, at: Instant.parse(time) }
      const built = buildEntry(state, by, change)
      const appended = append(name, sealEntry(built, who.own.identity.sign(built.toSign)))
      follows(name)
      if (appended !== 'moved') return appended === 'taken'
    }
    return false
  }

  /** What is served to them by now, in order. */
  function follows(name: Name): void {
    const client = clients[name]
    const { account } = client.who.address
    const extent = relay && extentOf(relay, account, NOBODYS_SECRET, Instant.parse(time))
    if (relay === undefined || extent === undefined) return
    // Who comes in reads from the beginning what was not for them before.
    const isIn = isMember(relay, account)
    for (const item of stream) {
      if (item.position > extent.upTo || !extent.serves(item)) continue
      if (item.kind === StreamKind.ENTRY) {
        if (item.position <= client.read) continue
        const read = readEntry(item.content)
        const judging = { verify: verifySignature, position: item.position }
        const applied = read.ok ? applyEntry(client.state, read.entry, judging) : read
        if (!applied.ok) throw new Error(`${name} does not follow: ${applied.why}`)
        client.state = applied.state
      } else if (isIn || item.position > client.read) {
        const message = messageOf(item)
        const isKnown = client.opened.has(message) || client.unopened.includes(item)
        if (!isKnown) client.unopened.push(item)
      }
    }
    client.read = Math.min(stream.length, extent.upTo)
  }

  async function says(name: Name, text: string, crash?: 'sealed' | 'committed'): Promise<boolean> {
    const client = clients[name]
    const { who } = client
    for (let tries = 0; tries < 5; tries++) {
      const { state } = client
      if (state === undefined || !isMember(state, who.address.account)) return false
      const epoch = newestEpoch(state).number
      if (rotationReasons(state, Instant.parse(time), 0).length > 0) {
        changes(name, (now) =>
          newestEpoch(now).number === epoch ? { kind: 'open-epoch', epoch: epoch + 1 } : undefined,
        )
        continue
      }
      await seals(client, state, epoch, text, crash === 'sealed' && tries === 0)
      if (client.sealed === undefined) continue
      if (crash === 'committed') {
        restarts(client)
        return false
      }
      if (handIn(name)) return true
      follows(name)
    }
    return false
  }

  async function seals(client: Client, state: GroupState, epoch: number, text: string, dies: boolean): Promise<void> {
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
    client.sealed = { bytes, message, text }
    if (begun === undefined) return
    client.vault.set(session, begun)
    for (const name of NAMES)
      if (people[name] !== who && state.members.has(people[name].address.account)) clients[name].post.push(begun)
  }

  /** [P121] As the relay judges it. False: its epoch is over, or one is no member. */
  function handIn(name: Name): boolean {
    const client = clients[name]
    const { sealed } = client
    if (sealed === undefined || relay === undefined) throw new Error('nothing to hand in')
    client.sealed = undefined
    const isOver = readEnvelope(sealed.bytes)?.epoch !== newestEpoch(relay).number || relay.marks.length > 0
    if (isOver || !isMember(relay, client.who.address.account)) return false
    texts.set(sealed.message, sealed.text)
    client.opened.set(sealed.message, sealed.text)
    hold(StreamKind.SEALED, name, uuidToBytes(sealed.message), sealed.bytes)
    return true
  }

  async function resumes(name: Name): Promise<string | undefined> {
    const { sealed } = clients[name]
    if (sealed === undefined) return undefined
    if (handIn(name)) return sealed.text
    follows(name)
    return (await says(name, sealed.text)) ? sealed.text : undefined
  }

  /** Only what is in the database is left. */
  function restarts(client: Client): void {
    client.sessions = createGroupSessions(client.who.own)
  }

  function post(name: Name, isLost: boolean): void {
    const arrived = clients[name].post.splice(0)
    if (isLost) clients[name].lost.push(...arrived)
    if (isLost) return
    follows(name)
    for (const key of arrived) takes(clients[name], key)
  }

  /** [P133] */
  function takes(client: Client, key: AnnouncedSession): void {
    const { state } = client
    const identityKey = state && memberKeyIn(state, key.owner, key.epoch)
    if (state === undefined || identityKey === undefined) return
    if (!mayRead(state, client.who.address.account, key.epoch)) return
    if (client.sessions.isGenuine(key, identityKey)) client.vault.set(key.session, key)
  }

  async function opens(client: Client, item: HeldItem): Promise<string | undefined> {
    const envelope = readEnvelope(item.content)
    const key = envelope && client.vault.get(envelope.session)
    if (envelope === undefined || key === undefined) return undefined
    const { owner, epoch, session } = envelope
    const from = { session, owner, distribution: key.distribution }
    const read = await client.sessions.read(client.who.signal.unit(), from, envelope.ciphertext)
    if (read.is !== 'plaintext') throw new Error(`unreadable: ${read.why}`)
    const place = { group, epoch, sender: owner, message: messageOf(item), session }
    const content = readGroupContent(read.plaintext, place)
    return content?.body.case === 'text' ? content.body.value.text : undefined
  }

  async function settles(): Promise<void> {
    for (const name of NAMES) {
      clients[name].post.push(...clients[name].lost.splice(0))
      post(name, false)
    }
    for (const name of NAMES) {
      const client = clients[name]
      for (const item of client.unopened.splice(0)) {
        ask(client, item)
        const text = await opens(client, item)
        if (text !== undefined) client.opened.set(messageOf(item), text)
      }
    }
  }

  /** [D5] [D7] Whoever has it and is a member gives it, to who is one and may have it. */
  function ask(client: Client, item: HeldItem): void {
    const envelope = readEnvelope(item.content)
    const asker = client.who.address.account
    if (envelope === undefined || client.vault.has(envelope.session)) return
    for (const name of NAMES) {
      const giver = clients[name]
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
    creation({ identityKey: first.own.identity.publicKey as Uint8Array<ArrayBuffer> }),
  )
  append(owner, sealEntry(built, first.own.identity.sign(built.toSign)))
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
    post,
    settles,
    reads: (name) => [...clients[name].opened.values()].toSorted(),
    async couldRead(name) {
      const open: string[] = []
      for (const item of stream) {
        if (item.kind !== StreamKind.SEALED) continue
        const text = await opens(clients[name], item)
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
    speaksIn: undefined,
    sealed: undefined,
    vault: new Map(),
    post: [],
    lost: [],
    opened: new Map(),
    unopened: [],
  }
}

function messageOf({ message }: HeldItem): MessageId {
  return MessageId.parse(
    Buffer.from(message)
      .toString('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
  )
}

function fail(): never {
  throw new Error('not there')
}
