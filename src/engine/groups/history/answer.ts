// Answering who asks for keys: entitled by the log, under a lease that keeps others from doing the same, again if whoever
// had it died on the way [P141]–[P143].

import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { FulfilledSchema, LeaseSchema, SolicitationSchema } from '../../../protocol/generated/group_pb.ts'
import { StreamKind } from '../../../protocol/generated/relay_pb.ts'
import { mayRead } from '../../../protocol/groups/entitlement.ts'
import type { GroupState } from '../../../protocol/groups/state.ts'
import { bytesToUuid, type GroupId, GroupSessionId, Instant, MessageId, uuidToBytes } from '../../../shared/ids.ts'
import { sameBytes } from '../../signal/bytes.ts'
import { findDetailsKey, findGroupSession } from '../../storage/group-sessions.ts'
import { oweKey } from '../../storage/key-deliveries.ts'
import { isBlocked } from '../../storage/people.ts'
import {
  addSolicitedKey,
  countSolicitedBy,
  forgetSolicitedBy,
  leaseKey,
  mayLease,
  openSolicitations,
  type SolicitedKeyRow,
  settleSolicitedKey,
  solicitedKeysOf,
} from '../../storage/solicitations.ts'
import type { GroupNeeds } from '../needs.ts'
import type { GroupStates } from '../states.ts'
import type { Noticed } from '../take-items.ts'
import { MOST_ASKED } from './ask.ts'

/** Milliseconds a lease lasts. */
export const LEASE = 30_000
/** Keys one device may have open: who asks for more has the earlier ones forgotten [F36]. */
const MOST_OPEN = 1_000
/** The longest that anybody waits whether somebody else is faster, in milliseconds: it grows with the group. */
const SPREAD_OF_A_MEMBER = 20
const LONGEST_SPREAD = 10_000

export type Asked = Extract<Noticed, { is: 'solicitation' | 'lease' | 'fulfilled' }>

export interface Answering {
  notice(group: GroupId, asked: Asked): void
  /** What was open when the app was closed. */
  connected(groups: readonly GroupId[]): void
  idle(): Promise<void>
  stop(): void
}

export function createAnswering(
  needs: GroupNeeds,
  states: GroupStates,
  catchUp: (group: GroupId) => Promise<unknown>,
  owing: () => void,
): Answering {
  const { sql, clock, log, random, connection, own } = needs
  const timers = new Map<string, () => void>()
  let running: Promise<void> = Promise.resolve()
  let stopped = false

  function notice(group: GroupId, asked: Asked): void {
    switch (asked.is) {
      case 'solicitation':
        noticeSolicitation(group, asked)
        return
      case 'lease':
        noticeLease(group, asked)
        return
      case 'fulfilled':
        noticeFulfilled(group, asked)
        return
    }
  }

  function noticeSolicitation(group: GroupId, { from, message, content, at }: Asked): void {
    const asked = parse(() => fromBinary(SolicitationSchema, content))
    const state = states.get(group)
    if (asked === undefined || asked.ids.length > MOST_ASKED || state === undefined) return
    const isMine = from.account === own.account && from.device === own.device
    if (!state.members.has(from.account) || isBlocked(sql, from.account)) return
    sql.transaction(() => {
      if (countSolicitedBy(sql, group, from.account, from.device) + asked.ids.length > MOST_OPEN)
        forgetSolicitedBy(sql, group, from.account, from.device)
      for (const key of asked.ids)
        addSolicitedKey(sql, {
          group_id: group,
          solicitation: message,
          key,
          account: from.account,
          device: from.device,
          at,
        })
    })
    // One's own stands there for the leases on it.
    if (!isMine) consider(group, message)
  }

  function noticeLease(group: GroupId, { from, content, at }: Asked): void {
    const lease = parse(() => fromBinary(LeaseSchema, content))
    const state = states.get(group)
    if (lease === undefined || lease.ids.length > MOST_ASKED || !state?.members.has(from.account)) return
    const { solicitation } = lease
    const until = Instant.parse(at + LEASE)
    const isOwn = from.account === own.account && from.device === own.device
    const taken = sql.transaction(() => {
      const keys = lease.ids.filter((key) => leaseKey(sql, group, solicitation, key, from, at, until))
      if (isOwn && until > clock.now()) owe(state, group, solicitation, keys)
      return keys
    })
    if (taken.length === 0) return
    if (isOwn) owing()
    // Whoever has it may die: when it is over, somebody else goes on.
    considerLater(group, solicitation, Math.max(0, until - clock.now()))
  }

  /** In the transaction that notes the lease: a crash in between would let it pass unused. */
  function owe(state: GroupState, group: GroupId, solicitation: Uint8Array, keys: readonly Uint8Array[]): void {
    for (const { account, key } of answerable(state, group, solicitation))
      if (keys.some((leased) => sameBytes(leased, key)))
        oweKey(sql, { group_id: group, account, key, due_at: clock.now() }, solicitation)
  }

  function noticeFulfilled(group: GroupId, { from, content }: Asked): void {
    const fulfilled = parse(() => fromBinary(FulfilledSchema, content))
    if (fulfilled === undefined || fulfilled.ids.length > MOST_ASKED) return
    sql.transaction(() => {
      for (const key of fulfilled.ids) settleSolicitedKey(sql, group, fulfilled.solicitation, key, from)
    })
  }

  /** [D9] Own devices are served at once; others after a while, so that not everybody answers. */
  function consider(group: GroupId, solicitation: Uint8Array): void {
    const state = states.get(group)
    const asker = solicitedKeysOf(sql, group, solicitation)[0]
    if (state === undefined || asker === undefined || answerable(state, group, solicitation).length === 0) return
    if (asker.account === own.account) respond(group, solicitation)
    else considerLater(group, solicitation, 0)
  }

  function considerLater(group: GroupId, solicitation: Uint8Array, after: number): void {
    const members = states.get(group)?.members.size ?? 0
    const spread = Math.min(LONGEST_SPREAD, members * SPREAD_OF_A_MEMBER) * random.fraction()
    const name = `${group} ${solicitation.join()}`
    timers.get(name)?.()
    if (stopped) return
    timers.set(
      name,
      clock.after(Math.max(1, Math.round(after + spread)), () => {
        timers.delete(name)
        respond(group, solicitation)
      }),
    )
  }

  function respond(group: GroupId, solicitation: Uint8Array): void {
    running = running
      .then(() => take(group, solicitation))
      .catch((error: unknown) => log.error('groups.answer', { error: error instanceof Error ? error.name : 'unknown' }))
  }

  /** A lease on what nobody is answering. Of two the stream has one first: whoever reads that theirs is the first sends. */
  async function take(group: GroupId, solicitation: Uint8Array): Promise<void> {
    const state = states.get(group)
    if (stopped || state === undefined) return
    const now = clock.now()
    const free = answerable(state, group, solicitation).filter(
      ({ key, lease_until }) => lease_until <= now && mayLease(sql, group, solicitation, key, own.account),
    )
    if (free.length === 0) return
    const content = toBinary(
      LeaseSchema,
      create(LeaseSchema, {
        solicitation: new Uint8Array(solicitation),
        ids: free.map(({ key }) => new Uint8Array(key)),
      }),
    )
    const message = uuidToBytes(MessageId.parse(random.uuid()))
    const published = await connection.ask(
      { case: 'publish', value: { group: uuidToBytes(group), message, kind: StreamKind.LEASE, content } },
      'published',
    )
    if (!published.ok) return
    needs.crash('group.leased')
    await catchUp(group)
  }

  /** [D7] What this device has and the asker may have, by the log as it stands. */
  function answerable(state: GroupState, group: GroupId, solicitation: Uint8Array): SolicitedKeyRow[] {
    return solicitedKeysOf(sql, group, solicitation).filter((row) => {
      if (row.account === own.account && row.device === own.device) return false
      if (!state.members.has(row.account) || isBlocked(sql, row.account)) return false
      if (row.key.length === 32) return findDetailsKey(sql, group, row.key) !== undefined
      const session = GroupSessionId.safeParse(bytesToUuid(row.key))
      const known = session.success ? findGroupSession(sql, session.data) : undefined
      if (known === undefined || known.group !== group || known.distribution === null) return false
      return mayRead(state, row.account, known.epoch)
    })
  }

  return {
    notice,
    connected(groups) {
      for (const group of groups) {
        const open = new Map(openSolicitations(sql, group).map((row) => [row.solicitation.join(), row]))
        for (const { solicitation, lease_until } of open.values())
          considerLater(group, solicitation, Math.max(0, lease_until - clock.now()))
      }
    },
    idle: () => running,
    stop() {
      stopped = true
      for (const callOff of timers.values()) callOff()
      timers.clear()
    },
  }
}

function parse<Message>(read: () => Message): Message | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
