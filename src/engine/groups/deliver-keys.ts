// Keys on their way to who is owed them: sealed for many in one commit, told again until every device has said that it has
// them [G10][P131][F35].

import { create } from '@bufbuild/protobuf'
import { bytesToHex } from '@noble/hashes/utils.js'
import {
  GroupInvitationSchema,
  GroupKeysSchema,
  type SessionKey,
  SessionKeySchema,
} from '../../protocol/generated/group_pb.ts'
import type { GroupState } from '../../protocol/groups/state.ts'
import {
  type AccountId,
  bytesToUuid,
  type GroupId,
  GroupSessionId,
  Instant,
  MessageId,
  uuidToBytes,
} from '../../shared/ids.ts'
import { sameBytes } from '../signal/bytes.ts'
import type { SignalUnit } from '../signal/unit.ts'
import { findDetailsKey, findGroupSession } from '../storage/group-sessions.ts'
import {
  dueDeliveries,
  forgetDeliveriesTo,
  isOwed,
  type KeyDeliveryRow,
  makeDue,
  nextDelivery,
  noteHolder,
  postponeDeliveries,
} from '../storage/key-deliveries.ts'
import { isBlocked } from '../storage/people.ts'
import type { GroupNeeds } from './needs.ts'
import { devicesFor, type Parcel, parcelBody, type SealedParcel, sealParcel, submitParcel } from './pairwise.ts'
import type { GroupStates } from './states.ts'

export interface KeyDelivery {
  /** Something may be due. */
  kick(): void
  /** Whether there is anything that is told again until they have it. */
  areOwedTo(account: AccountId): boolean
  /** [P71] In a transaction: they could not open what bore this name. What they are owed is due at once, and takes its place. */
  tellInstead(account: AccountId, submission: Uint8Array): void
  idle(): Promise<void>
  stop(): void
}

/** Keys looked at together, at most. */
const BATCH = 64
/** Accounts in one commit, at most; and milliseconds of sealing before others have their turn. */
const SLICE = 32
const TURN = 4
/** Keys in one parcel: for ten devices it still fits a frame. */
const MOST_KEYS = 25
/** Milliseconds until keys are told again that nobody said they have; each time twice as long, up to the longest. */
const FIRST_PAUSE = 30_000
const LONGEST_PAUSE = 6 * 3_600_000

interface Owed {
  group: GroupId
  account: AccountId
  rows: KeyDeliveryRow[]
  parcel: Parcel
}

interface Slice {
  sealed: { owed: Owed; parcel: SealedParcel }[]
  /** There is no session with some device of theirs yet. */
  lacking: Owed[]
}

export function createKeyDelivery(needs: GroupNeeds, states: GroupStates): KeyDelivery {
  const { sql, clock, log, connection } = needs
  let running: Promise<void> | undefined
  let again = false
  let stopped = false
  let callOff = (): void => {}
  const instead = new Map<AccountId, MessageId>()

  function kick(): void {
    if (stopped) return
    again = true
    running ??= drive().finally(() => {
      running = undefined
      if (again) kick()
      else sleep()
    })
  }

  function sleep(): void {
    callOff()
    const next = nextDelivery(sql)
    if (next === undefined || stopped) return
    callOff = clock.after(Math.max(1_000, next - clock.now()), kick)
  }

  async function drive(): Promise<void> {
    again = false
    try {
      while (!stopped && isOnline()) {
        const due = dueDeliveries(sql, clock.now(), BATCH)
        if (due.length === 0) return
        await deliver(due)
        await clock.breathe()
      }
    } catch (error) {
      log.error('groups.deliver-keys', { error: error instanceof Error ? error.name : 'unknown' })
      postponeAll()
    }
  }

  function isOnline(): boolean {
    const { state } = connection.state()
    return state === 'online' || state === 'catching-up'
  }

  async function deliver(due: readonly KeyDeliveryRow[]): Promise<void> {
    const lacking = await tell(parcelsFor(due))
    const ready: Owed[] = []
    for (const one of lacking) if (await becomesReady(one)) ready.push(one)
    // Whose devices change faster than they are asked for is told later.
    for (const one of await tell(ready)) sql.transaction(() => postpone(one, 0))
  }

  /**
   * Sealed in slices, each one commit, and submitted. Owed they are until it is noted that the relay has them, which is with
   * the next commit: what a crash or the end of a connection parts from that is due still, and told anew at once. Returns
   * who cannot be told yet.
   */
  async function tell(owed: readonly Owed[]): Promise<Owed[]> {
    const lacking: Owed[] = []
    let told: Owed[] = []
    for (let first = 0; first < owed.length && !stopped; first += SLICE) {
      const slice = await needs.work.run(() => sealSlice(owed.slice(first, first + SLICE), told))
      if (slice.sealed.length > 0) needs.crash('group.keys-committed')
      lacking.push(...slice.lacking)
      await clock.breathe()
      const outcomes = await Promise.all(slice.sealed.map(({ parcel }) => submitParcel(needs, parcel)))
      told = []
      for (const [index, { owed: one }] of slice.sealed.entries()) {
        const outcome = outcomes[index]
        if (outcome === 'stale') lacking.push(one)
        else if (outcome === 'submitted' || isOnline()) told.push(one)
      }
      await clock.breathe()
    }
    if (told.length > 0)
      sql.transaction(() => {
        for (const one of told) postpone(one, 0)
      })
    return lacking
  }

  /** One for each account. */
  function parcelsFor(due: readonly KeyDeliveryRow[]): Owed[] {
    const byAccount = Map.groupBy(due, ({ group_id, account }) => `${group_id} ${account}`)
    // Of the last there may be more than were read: all that fits goes in one.
    const last = due.at(-1)
    if (due.length === BATCH && byAccount.size > 1 && last !== undefined)
      byAccount.delete(`${last.group_id} ${last.account}`)
    // Most are told the same.
    const bodies = new Map<string, Uint8Array>()
    return [...byAccount.values()].flatMap((rows) => parcelFor(rows.slice(0, MOST_KEYS), bodies) ?? [])
  }

  /** Undefined: there is nothing to give them, and nothing is owed any more. */
  function parcelFor(rows: KeyDeliveryRow[], bodies: Map<string, Uint8Array>): Owed | undefined {
    const [first] = rows
    if (first === undefined) return undefined
    const { group_id: group, account } = first
    const state = states.get(group)
    const standing = state && standingFor(state, account)
    const isIdle = account === needs.own.account && !needs.hasOtherDevices()
    if (standing === undefined || isIdle || isBlocked(sql, account)) {
      // [G11] Nobody who is not a member is given keys, whatever was owed.
      sql.transaction(() => forgetDeliveriesTo(sql, group, account))
      return undefined
    }
    const which = [group, standing, ...rows.flatMap(({ key, solicitation }) => [hex(key), hex(solicitation)])].join(' ')
    const body =
      bodies.get(which) ??
      parcelBody(
        standing === 'invited'
          ? { case: 'groupInvitation', value: invitationOf(group, rows) }
          : { case: 'groupKeys', value: keysOf(group, rows) },
      )
    bodies.set(which, body)
    return {
      group,
      account,
      rows,
      parcel: { recipient: account, device: undefined, body, instead: instead.get(account) },
    }
  }

  function invitationOf(group: GroupId, rows: readonly KeyDeliveryRow[]) {
    return create(GroupInvitationSchema, {
      group: uuidToBytes(group),
      detailsKeys: rows.flatMap(({ key }) => findDetailsKey(sql, group, key) ?? []),
    })
  }

  function keysOf(group: GroupId, rows: readonly KeyDeliveryRow[]) {
    const solicitation = rows.find((row) => row.solicitation !== null)?.solicitation ?? new Uint8Array()
    return create(GroupKeysSchema, {
      group: uuidToBytes(group),
      solicitation,
      detailsKeys: rows.flatMap(({ key }) => (key.length === 32 ? (findDetailsKey(sql, group, key) ?? []) : [])),
      sessions: rows.flatMap(({ key }) => sessionKey(group, key) ?? []),
    })
  }

  function sessionKey(group: GroupId, key: Uint8Array): SessionKey | undefined {
    const id = GroupSessionId.safeParse(bytesToUuid(key))
    const known = id.success ? findGroupSession(sql, id.data) : undefined
    if (known === undefined || known.group !== group || known.distribution === null || known.salt === null)
      return undefined
    return create(SessionKeySchema, {
      session: key,
      epoch: BigInt(known.epoch),
      owner: uuidToBytes(known.owner),
      ownerDevice: known.device,
      salt: known.salt,
      distribution: known.distribution,
      announcement: known.announcement,
    })
  }

  async function becomesReady(owed: Owed): Promise<boolean> {
    const ready = await needs.peers.getReady(owed.account, undefined)
    if (!ready.ok) sql.transaction(() => postpone(owed, ready.failure.retryAfter ?? 0))
    return ready.ok
  }

  /** [P111] Somebody else's key at the relay than the one in the log: nothing is given to it. */
  function isThem(unit: SignalUnit, { group, account }: Owed): boolean {
    const state = states.get(group)
    const expected = state && (state.members.get(account) ?? state.invited.get(account))?.identityKey
    const pinned = account === needs.own.account ? needs.account.identity.publicKey : unit.keys.identity(account)?.key
    return expected !== undefined && pinned !== undefined && sameBytes(expected, pinned)
  }

  /** Committed together. Others have their turn meanwhile, but for what moves a ratchet: that waits. */
  async function sealSlice(owed: readonly Owed[], told: readonly Owed[]): Promise<Slice> {
    const unit = needs.signal.unit()
    const slice: Slice = { sealed: [], lacking: [] }
    const writes = told.map((one) => () => postpone(one, 0))
    let turn = clock.monotonic()
    try {
      for (const one of owed) {
        if (clock.monotonic() - turn > TURN) {
          await clock.breathe()
          turn = clock.monotonic()
        }
        const devices = devicesFor(needs, unit, one.parcel)
        if (devices === undefined) {
          slice.lacking.push(one)
        } else if (isThem(unit, one)) {
          const parcel = await sealParcel(needs, unit, one.parcel, devices)
          slice.sealed.push({ owed: one, parcel })
          instead.delete(one.account)
          writes.push(() => noteHolders(one, parcel))
        } else {
          log.warn('groups.another-identity')
          writes.push(() => postpone(one, LONGEST_PAUSE))
        }
      }
      if (writes.length > 0) {
        await clock.breathe()
        sql.transaction(() => {
          unit.flush()
          for (const write of writes) write()
        })
        unit.settled()
      }
      return slice
    } finally {
      unit.abandon()
    }
  }

  function noteHolders(owed: Owed, { envelopes }: SealedParcel): void {
    for (const { key } of owed.rows)
      for (const { device } of envelopes) noteHolder(sql, key, owed.account, device, false)
  }

  function postpone({ group, account, rows }: Owed, atLeast: number): void {
    const tries = Math.min(...rows.map((row) => row.tries))
    const pause = Math.max(atLeast, Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(tries, 20)))
    const keys = rows.map(({ key }) => key)
    postponeDeliveries(sql, group, account, keys, Instant.parse(clock.now() + pause))
  }

  function postponeAll(): void {
    callOff()
    callOff = clock.after(FIRST_PAUSE, kick)
  }

  return {
    kick,
    areOwedTo: (account) => isOwed(sql, account),
    tellInstead(account, submission) {
      const name = MessageId.safeParse(bytesToUuid(submission))
      if (name.success) instead.set(account, name.data)
      makeDue(sql, account, clock.now())
    },
    async idle() {
      while (running !== undefined) await running
    },
    stop() {
      stopped = true
      callOff()
    },
  }
}

function standingFor(state: GroupState, account: AccountId): 'member' | 'invited' | undefined {
  if (state.deleted !== undefined) return undefined
  if (state.members.has(account)) return 'member'
  return state.invited.has(account) ? 'invited' : undefined
}

function hex(bytes: Uint8Array | null): string {
  return bytes === null ? '' : bytesToHex(bytes)
}
