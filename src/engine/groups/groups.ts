// Groups at work: their streams followed, what is said published, keys given and taken, for as long as the profile is open.

import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { GroupInvitationSchema, GroupKeysSchema, GroupKeysStoredSchema } from '../../protocol/generated/group_pb.ts'
import { ReplaceIdentitySchema, type StreamGrew } from '../../protocol/generated/relay_pb.ts'
import { mayRead } from '../../protocol/groups/entitlement.ts'
import type { GroupEntry } from '../../protocol/groups/read.ts'
import { type GroupState, newestEpoch } from '../../protocol/groups/state.ts'
import type { Answer } from '../../shared/answer.ts'
import type { FailureCode } from '../../shared/failure.ts'
import { type AccountId, bytesToUuid, type DeviceId, GroupId, type Instant, uuidToBytes } from '../../shared/ids.ts'
import type { ContentBody } from '../messages/content.ts'
import type { Address } from '../signal/address.ts'
import { sameBytes } from '../signal/bytes.ts'
import { detailsKeyId } from '../signal/details.ts'
import { addGroupArrival, groupsWithArrivals } from '../storage/group-arrivals.ts'
import { retryChangesInGroupOutbox } from '../storage/group-outbox.ts'
import { groupSessionsOf } from '../storage/group-sessions.ts'
import { allGroups } from '../storage/groups.ts'
import { dropToMark, groupsToMark } from '../storage/groups-to-mark.ts'
import { forgetDeliveriesTo, oweKey } from '../storage/key-deliveries.ts'
import { readKeyReplacement } from '../storage/key-replacement.ts'
import type { Touched } from '../touched.ts'
import { type Appending, createAppending } from './append.ts'
import { createArrivals } from './arrivals.ts'
import { createKeyDelivery, type KeyDelivery } from './deliver-keys.ts'
import { createFollowing, mayBeServed } from './follow.ts'
import { createAnswering } from './history/answer.ts'
import { createAsking } from './history/ask.ts'
import { createInviting, type Inviting } from './inviting.ts'
import { createMutesEnd } from './mutes-end.ts'
import { keysInUse } from './names.ts'
import type { GroupNeeds } from './needs.ts'
import { createPublishing, type Publishing } from './publish.ts'
import { createGroupStates, type GroupStates } from './states.ts'
import type { Noticed } from './take-items.ts'
import { takeReads } from './take-reads.ts'
import { createTellingReads, type TellingReads } from './tell-reads.ts'
import { forgetTurnedDown } from './turn-down.ts'

/** How a key that is missing is asked for. */
export interface Asked {
  askedAt: Instant | null
  answering: AccountId | null
  nextTryAt: Instant | null
}

export interface Groups {
  readonly states: GroupStates
  readonly appending: Appending
  readonly inviting: Inviting
  /** The connection is there: everything that waited goes on. */
  connected(): void
  /** All there is by now was read. */
  catchUp(group: GroupId): ReturnType<Appending['change']>
  /** A group that was not followed before. */
  watch(): Promise<void>
  /** Another own device is in these, maybe once more: what the log says is read, whatever was known of it. */
  follow(groups: readonly GroupId[]): void
  grew(push: StreamGrew): void
  /** In the transaction that stores the rest of what came: what it says of groups waits there to be judged. */
  keep(from: Address, body: ContentBody, touched: Touched): boolean
  /** After that transaction. */
  kept(): void
  /** In the transaction in which what others said becomes read: their authors are told, where the person wants that. */
  readonly haveRead: TellingReads['owe']
  /** Something is to be published. */
  kick(group?: GroupId): void
  readonly sealAtOnce: Publishing['sealAtOnce']
  /** Before something is withdrawn: what is known to have left is noted as such. */
  settle(): void
  /** Keys are owed that were not before, or are due now. */
  owing(): void
  readonly keys: Pick<KeyDelivery, 'areOwedTo' | 'tellInstead'>
  /** What was asked for, and who is about to answer. Undefined: nothing was. */
  asked(group: GroupId, key: Uint8Array): Asked | undefined
  /** [D9] It is on the screen. */
  look(group: GroupId): void
  /** Asks the others for keys. */
  ask(group: GroupId, keys: readonly Uint8Array[]): Promise<Answer<null>>
  /** [G4] Marks the groups that are to be marked: whoever speaks next there begins with new keys. */
  mark(): Promise<void>
  /** In a transaction: this member is given what they may have. */
  give(state: GroupState, account: AccountId): void
  idle(): Promise<void>
  stop(): void
}

/** With which the same entry may be taken later. */
const MAY_PASS: ReadonlySet<FailureCode> = new Set(['not-connected', 'rate-limited'])

export function createGroups(needs: GroupNeeds): Groups {
  const { sql, clock, log, own } = needs
  const states = createGroupStates(sql)
  const following = createFollowing(needs, states, notice)
  const appending = createAppending(needs, states, following)
  const delivery = createKeyDelivery(needs, states)
  const inviting = createInviting(needs, states, appending, () => delivery.kick())
  const publishing = createPublishing(needs, states, appending, following.catchUp, () => delivery.kick())
  const arrivals = createArrivals(
    needs,
    states,
    following,
    (group, key) => asking.isSolicited(group, key),
    (group, rows) => tellingReads.owe(group, rows),
    (group, keys) => asking.arrived(group, keys),
  )
  const asking = createAsking(needs, states)
  const tellingReads = createTellingReads(needs, states)
  const answering = createAnswering(needs, states, following.catchUp, () => delivery.kick())
  const mutesEnd = createMutesEnd(needs, states, speakAgain)
  let judging: Promise<void> = Promise.resolve()
  let wasConnected = false

  function notice(group: GroupId, noticed: readonly Noticed[]): void {
    const hasEntries = noticed.some(({ is }) => is === 'entry')
    let isOwing = false
    let isMissing = false
    for (const one of noticed) {
      if (one.is === 'entry') isOwing = actOn(one.entry, one.state) || isOwing
      else if (one.is === 'key-missing') isMissing = true
      else answering.notice(group, one)
    }
    if (isOwing) delivery.kick()
    if (noticed.some((one) => one.is === 'solicitation' && isOwnDevice(one.from))) asking.heard(group)
    if (isMissing || hasEntries) asking.miss(group)
    // It may be what an arrival waited for, or change whether one may speak.
    kept()
    if (hasEntries) {
      mutesEnd.look(group)
      speakAgain(group)
    } else publishing.kick(group)
  }

  /** What was refused may be taken now. */
  function speakAgain(group: GroupId): void {
    retryChangesInGroupOutbox(sql, group)
    publishing.kick(group)
  }

  function isOwnDevice({ account, device }: { account: AccountId; device: DeviceId }): boolean {
    return account === own.account && device === own.device
  }

  /** Whether keys are owed now. */
  function actOn({ actor, change }: GroupEntry, state: GroupState): boolean {
    switch (change.kind) {
      case 'accept-invitation':
        // [G3] Who invited gives the keys; whoever else has them is asked.
        if (state.members.get(actor)?.by !== own.account) return false
        sql.transaction(() => give(state, actor))
        return true
      case 'approve-request':
        // [G2]
        if (actor !== own.account) return false
        sql.transaction(() => give(state, change.account))
        return true
      case 'refuse-invitation':
        if (actor === own.account) forgetTurnedDown(needs, states, state.group)
        return false
      case 'leave':
        sql.transaction(() => forgetDeliveriesTo(sql, state.group, actor))
        return false
      case 'remove':
      case 'ban':
        sql.transaction(() => {
          for (const account of change.accounts) forgetDeliveriesTo(sql, state.group, account)
        })
        return false
      default:
        return false
    }
  }

  /** [D7][G2] Sessions of the epochs they may read, and what opens the names in use. */
  function give(state: GroupState, account: AccountId): void {
    const now = clock.now()
    const owe = (key: Uint8Array) => oweKey(sql, { group_id: state.group, account, key, due_at: now })
    for (const key of keysInUse(sql, state)) owe(detailsKeyId(key))
    for (const known of groupSessionsOf(sql, state.group, { from: 1, to: newestEpoch(state).number })) {
      if (known.distribution !== null && mayRead(state, account, known.epoch)) owe(uuidToBytes(known.session))
    }
  }

  function keep(from: Address, body: ContentBody, touched: Touched): boolean {
    const row = { account: from.account, device: from.device, at: clock.now() }
    const group =
      body.case === undefined || !('group' in (body.value as object))
        ? undefined
        : groupIn(body.value as { group: Uint8Array })
    switch (body.case) {
      case 'groupKeys':
        if (group)
          addGroupArrival(sql, { ...row, group_id: group, kind: 'keys', body: toBinary(GroupKeysSchema, body.value) })
        return true
      case 'groupKeysStored':
        if (group)
          addGroupArrival(sql, {
            ...row,
            group_id: group,
            kind: 'stored',
            body: toBinary(GroupKeysStoredSchema, body.value),
          })
        return true
      case 'groupInvitation':
        if (group)
          addGroupArrival(sql, {
            ...row,
            group_id: group,
            kind: 'invitation',
            body: toBinary(GroupInvitationSchema, body.value),
          })
        return true
      case 'groupReads':
        // About what one has said oneself: the log is known as far as that.
        takeReads(needs, states, touched, from, body.value)
        return true
      default:
        return false
    }
  }

  function kept(): void {
    judging = judging.then(judgeAll).catch((error: unknown) => {
      log.error('groups.arrivals', { error: error instanceof Error ? error.name : 'unknown' })
    })
  }

  async function judgeAll(): Promise<void> {
    for (const group of groupsWithArrivals(sql)) await arrivals.take(group)
    // An invitation may have made a group known: from here on it is followed.
    await watchIfNew()
  }

  /** [P117] A key that was replaced is so in every group, by the word of the old one. */
  async function replaceIdentity(): Promise<void> {
    const key = needs.account.identity.publicKey
    for (const { group_id, standing } of allGroups(sql)) {
      const known = states.get(group_id)?.members.get(own.account)?.identityKey
      if (standing !== 'member' || known === undefined || sameBytes(known, key)) continue
      const replacement = readKeyReplacement(sql)
      // Another own device has it, and does it.
      if (replacement?.state !== 'done') return
      const { deviceList, signatureByOld } = fromBinary(ReplaceIdentitySchema, replacement.frame)
      const replaced = await appending.change(group_id, (state) => {
        const now = state.members.get(own.account)?.identityKey
        if (now === undefined || sameBytes(now, key)) return undefined
        return {
          kind: 'replace-identity',
          identityKey: key,
          deviceList: deviceList?.list ?? new Uint8Array(),
          signatureByOld,
        }
      })
      if (!replaced.ok) log.info('groups.identity-not-replaced', { code: replaced.failure.code })
    }
  }

  /** Beside what is judged, which does not wait for it. */
  let marking: Promise<void> = Promise.resolve()
  function mark(): Promise<void> {
    marking = marking.then(markDue).catch(() => log.error('groups.mark'))
    return marking
  }

  /** What the relay did not hear now, it hears over the next connection. */
  async function markDue(): Promise<void> {
    for (const group of groupsToMark(sql)) {
      const marked = await appending.change(group, () => ({ kind: 'request-rotation' }))
      if (!marked.ok) log.info('groups.not-marked', { code: marked.failure.code })
      if (marked.ok || !MAY_PASS.has(marked.failure.code)) sql.transaction(() => dropToMark(sql, group))
    }
  }

  /** Those that it may serve, as far as the relay was told that they are watched: where one has gone, it watches no more. */
  let watched: ReadonlySet<GroupId> = new Set()
  async function watchIfNew(): Promise<void> {
    const before = watched
    watched = toWatch()
    if ([...watched].some((group) => !before.has(group))) await following.watch()
  }

  /** All of them: where one had gone, one may be again. */
  async function watchAnew(): Promise<void> {
    watched = toWatch()
    await following.watch()
  }

  function toWatch(): ReadonlySet<GroupId> {
    return new Set(
      allGroups(sql)
        .filter(mayBeServed)
        .map(({ group_id }) => group_id),
    )
  }

  // A mute ends by the clock, whether there is a connection or not.
  for (const { group_id } of allGroups(sql)) mutesEnd.look(group_id)

  return {
    states,
    appending,
    inviting,
    connected() {
      judging = judging
        .then(watchAnew)
        .then(replaceIdentity)
        .then(() => void mark())
        .catch(() => log.error('groups.watch'))
      kept()
      publishing.kick()
      delivery.kick()
      inviting.connected()
      tellingReads.connected()
      // A crash may have come between what was read and the wish for its keys.
      if (!wasConnected) for (const { group_id } of allGroups(sql)) asking.miss(group_id)
      wasConnected = true
      asking.connected()
      const groups = allGroups(sql).map(({ group_id }) => group_id)
      answering.connected(groups)
      for (const group of groups) mutesEnd.look(group)
    },
    catchUp: following.catchUp,
    watch: watchAnew,
    follow(groups) {
      judging = judging
        .then(async () => {
          for (const group of groups) await following.catchUp(group)
          await watchIfNew()
        })
        .catch(() => log.error('groups.watch'))
    },
    grew: following.grew,
    keep,
    kept,
    haveRead: tellingReads.owe,
    kick: publishing.kick,
    sealAtOnce: publishing.sealAtOnce,
    settle: publishing.settle,
    owing: delivery.kick,
    keys: delivery,
    give,
    mark,
    asked: asking.asked,
    look: asking.look,
    ask: asking.ask,
    async idle() {
      await judging
      await marking
      await following.idle()
      await publishing.idle()
      await delivery.idle()
      await inviting.idle()
      await tellingReads.idle()
      await asking.idle()
      await answering.idle()
    },
    stop() {
      following.stop()
      publishing.stop()
      delivery.stop()
      inviting.stop()
      tellingReads.stop()
      asking.stop()
      answering.stop()
      mutesEnd.stop()
    },
  }
}

function groupIn({ group }: { group: Uint8Array }): GroupId | undefined {
  return GroupId.safeParse(bytesToUuid(group)).data
}
