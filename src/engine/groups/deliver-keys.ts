// Keys on their way to who is owed them: sealed for many in one commit, told again until every device has said that it has
// them [G10][P131][F35].

import { create } from '@bufbuild/protobuf'
import { GroupInvitationSchema, GroupKeysSchema, SessionKeySchema } from '../../protocol/generated/group_pb.ts'
import type { GroupState } from '../../protocol/groups/state.ts'
import { type AccountId, bytesToUuid, type GroupId, GroupSessionId, Instant, uuidToBytes } from '../../shared/ids.ts'
import { sameBytes } from '../signal/bytes.ts'
import { findDetailsKey, findGroupSession } from '../storage/group-sessions.ts'
import { readIdentity } from '../storage/identities.ts'
import {
  dueDeliveries,
  forgetDeliveriesTo,
  type KeyDeliveryRow,
  nextDelivery,
  noteHolder,
  owedTo,
  postponeDeliveries,
} from '../storage/key-deliveries.ts'
import { isBlocked } from '../storage/people.ts'
import type { GroupNeeds } from './needs.ts'
import { type Parcel, type SealedParcel, sealParcel, submitParcel } from './pairwise.ts'
import type { GroupStates } from './states.ts'

export interface KeyDelivery {
  /** Something may be due. */
  kick(): void
  idle(): Promise<void>
  stop(): void
}

/** Accounts in one commit, at most; and milliseconds of sealing before others have their turn. */
const BATCH = 32
const BATCH_TIME = 6
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

export function createKeyDelivery(needs: GroupNeeds, states: GroupStates): KeyDelivery {
  const { sql, clock, log, connection } = needs
  let running: Promise<void> | undefined
  let again = false
  let stopped = false
  let callOff = (): void => {}

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

  async function deliver(due: readonly { group_id: GroupId; account: AccountId }[]): Promise<void> {
    const owed = due.flatMap(({ group_id, account }) => parcelFor(group_id, account) ?? [])
    const ready: Owed[] = []
    for (const one of owed) if (await isReady(one)) ready.push(one)
    let rest = ready
    while (rest.length > 0 && !stopped) {
      const mine = rest
      const sealed = await needs.work.run(() => sealSome(mine))
      needs.crash('group.keys-committed')
      rest = rest.slice(sealed.length)
      await Promise.all(sealed.map((parcel) => parcel && submitParcel(needs, parcel)))
      await clock.breathe()
    }
  }

  /** Undefined: there is nothing to give them, and nothing is owed any more. */
  function parcelFor(group: GroupId, account: AccountId): Owed | undefined {
    const state = states.get(group)
    const rows = owedTo(sql, group, account, MOST_KEYS)
    const standing = state && standingFor(state, account)
    if (state === undefined || standing === undefined || isBlocked(sql, account)) {
      // [G11] Nobody who is not a member is given keys, whatever was owed.
      sql.transaction(() => forgetDeliveriesTo(sql, group, account))
      return undefined
    }
    if (account === needs.own.account && !needs.hasOtherDevices()) {
      sql.transaction(() => forgetDeliveriesTo(sql, group, account))
      return undefined
    }
    const body =
      standing === 'invited'
        ? { case: 'groupInvitation' as const, value: invitationOf(group, rows) }
        : { case: 'groupKeys' as const, value: keysOf(group, rows) }
    return { group, account, rows, parcel: { recipient: account, device: undefined, body } }
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
      sessions: rows.flatMap(({ key }) => {
        const id = GroupSessionId.safeParse(bytesToUuid(key))
        const known = id.success ? findGroupSession(sql, id.data) : undefined
        if (known === undefined || known.group !== group || known.distribution === null || known.salt === null)
          return []
        return create(SessionKeySchema, {
          session: key,
          epoch: BigInt(known.epoch),
          owner: uuidToBytes(known.owner),
          ownerDevice: known.device,
          salt: known.salt,
          distribution: known.distribution,
          announcement: known.announcement,
        })
      }),
    })
  }

  async function isReady(owed: Owed): Promise<boolean> {
    const ready = await needs.peers.getReady(owed.account, undefined)
    const state = states.get(owed.group)
    const expected = state && (state.members.get(owed.account) ?? state.invited.get(owed.account))?.identityKey
    const pinned =
      owed.account === needs.own.account ? needs.account.identity.publicKey : readIdentity(sql, owed.account)?.key
    // [P111] Somebody else's key at the relay than the one in the log: nothing is given to it.
    const isThem = expected !== undefined && pinned !== undefined && sameBytes(expected, pinned)
    if (ready.ok && isThem) return true
    if (ready.ok) log.warn('groups.another-identity')
    sql.transaction(() => postpone(owed, ready.ok ? LONGEST_PAUSE : (ready.failure.retryAfter ?? 0)))
    return false
  }

  /** As many as fit a batch, committed together. Undefined in the place of whose session is not there after all. */
  async function sealSome(owed: readonly Owed[]): Promise<(SealedParcel | undefined)[]> {
    const started = clock.monotonic()
    const unit = needs.signal.unit()
    const sealed: (SealedParcel | undefined)[] = []
    try {
      for (const one of owed) {
        if (sealed.length > 0 && clock.monotonic() - started > BATCH_TIME) break
        sealed.push(await sealParcel(needs, unit, one.parcel))
      }
      sql.transaction(() => {
        unit.flush()
        sealed.forEach((parcel, index) => {
          const one = owed[index]
          if (one === undefined) return
          postpone(one, 0)
          if (parcel !== undefined) noteTold(one, parcel)
        })
      })
      unit.settled()
      return sealed
    } catch (error) {
      unit.abandon()
      throw error
    }
  }

  function noteTold({ account, rows }: Owed, { envelopes }: SealedParcel): void {
    for (const { key } of rows) for (const { device } of envelopes) noteHolder(sql, key, account, device, false)
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
