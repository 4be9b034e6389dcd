// Asking for keys: what this device lacks and may have, put on the group's stream; asked again, ever more rarely, until it
// came [P140].

import { create, toBinary } from '@bufbuild/protobuf'
import { FulfilledSchema, SolicitationSchema } from '../../../protocol/generated/group_pb.ts'
import { StreamKind } from '../../../protocol/generated/relay_pb.ts'
import { mayRead } from '../../../protocol/groups/entitlement.ts'
import { type Answer, answer, refuse } from '../../../shared/answer.ts'
import { bytesToUuid, type GroupId, GroupSessionId, type Instant, MessageId, uuidToBytes } from '../../../shared/ids.ts'
import { sameBytes } from '../../signal/bytes.ts'
import { findDetailsKey, findGroupSession } from '../../storage/group-sessions.ts'
import {
  dropWantedKey,
  dueWantedKeys,
  findWantedKey,
  groupsThatWant,
  leaseOn,
  nextWanted,
  noteAsked,
  openSolicitationsOf,
  type SolicitedKeyRow,
  sessionsWithoutKey,
  wantKey,
} from '../../storage/solicitations.ts'
import type { Asked } from '../groups.ts'
import type { GroupNeeds } from '../needs.ts'
import type { GroupStates } from '../states.ts'

/** Keys in one request. */
export const MOST_ASKED = 100
/** Milliseconds that keys may take that come by themselves. */
const GRACE = 2_000
/** Until the same is asked again; each time twice as long, up to the longest. */
const FIRST_PAUSE = 60_000
const LONGEST_PAUSE = 6 * 3_600_000

export interface Asking {
  /** Something cannot be read: its key is wanted, if it does not come by itself. */
  miss(group: GroupId): void
  /** [D9] It is on the screen: what is missing in it is asked for first. */
  look(group: GroupId): void
  /** Asks now, for these too. */
  ask(group: GroupId, keys: readonly Uint8Array[]): Promise<Answer<null>>
  /** Whether this device has asked for it [D8]. */
  isSolicited(group: GroupId, key: Uint8Array): boolean
  /** It came: who asked says so on the stream, and nobody answers any more. */
  arrived(group: GroupId, keys: readonly Uint8Array[]): void
  asked(group: GroupId, key: Uint8Array): Asked | undefined
  /** A request of this device has been read in the stream: after a crash its answer may be here before it. */
  askedHere(): void
  connected(): void
  idle(): Promise<void>
  stop(): void
}

/** A key of a request of ours. */
type OpenKey = Pick<SolicitedKeyRow, 'group_id' | 'solicitation' | 'key'>

export function createAsking(needs: GroupNeeds, states: GroupStates): Asking {
  const { sql, clock, log, random, connection } = needs
  let callOff = (): void => {}
  let running: Promise<void> = Promise.resolve()
  let stopped = false
  let onScreen: GroupId | undefined

  function miss(group: GroupId): void {
    const state = states.get(group)
    if (state === undefined) return
    const now = clock.now()
    sql.transaction(() => {
      for (const { session, epoch } of sessionsWithoutKey(sql, group)) {
        if (mayRead(state, needs.own.account, epoch)) wantKey(sql, group, session, now + GRACE)
      }
      for (const id of keysOfNames(group)) wantKey(sql, group, id, now + GRACE)
    })
    sleep()
  }

  /** What names and titles are sealed under, as far as it is not known. */
  function keysOfNames(group: GroupId): Uint8Array[] {
    const state = states.get(group)
    if (state === undefined || !state.members.has(needs.own.account)) return []
    const sealed = [state.details?.sealed, ...[...state.members.values()].map(({ profile }) => profile?.sealed)]
    const ids = new Map(
      sealed.flatMap((one) => (one === undefined ? [] : [[one.session.join(), one.session] as const])),
    )
    return [...ids.values()].filter((id) => id.length === 32 && findDetailsKey(sql, group, id) === undefined)
  }

  function sleep(): void {
    callOff()
    const next = nextWanted(sql)
    if (next === undefined || stopped) return
    callOff = clock.after(Math.max(1, next - clock.now()), wake)
  }

  function wake(): void {
    running = running.then(askAll).catch((error: unknown) => {
      log.error('groups.ask', { error: error instanceof Error ? error.name : 'unknown' })
    })
  }

  async function askAll(): Promise<void> {
    if (stopped || !isOnline()) return
    const groups = groupsThatWant(sql, clock.now())
    for (const group of groups.toSorted((one, other) => Number(other === onScreen) - Number(one === onScreen)))
      await solicit(group)
    sleep()
  }

  function isOnline(): boolean {
    const { state } = connection.state()
    return state === 'online' || state === 'catching-up'
  }

  async function solicit(group: GroupId): Promise<Answer<null>> {
    const state = states.get(group)
    const wanted = dueWantedKeys(sql, group, clock.now(), MOST_ASKED)
    if (state === undefined || wanted.length === 0) return answer(null)
    if (!state.members.has(needs.own.account)) {
      sql.transaction(() => {
        for (const { key } of wanted) dropWantedKey(sql, group, key)
      })
      return refuse('no-such-group')
    }
    const id = uuidToBytes(MessageId.parse(random.uuid()))
    const now = clock.now()
    sql.transaction(() => {
      for (const row of wanted) noteAsked(sql, row, id, now, now + pauseAfter(row.tries))
    })
    const content = toBinary(
      SolicitationSchema,
      create(SolicitationSchema, { ids: wanted.map(({ key }) => new Uint8Array(key)), newDevice: false }),
    )
    const published = await connection.ask(
      { case: 'publish', value: { group: uuidToBytes(group), message: id, kind: StreamKind.SOLICITATION, content } },
      'published',
    )
    needs.crash('group.solicited')
    return published.ok ? answer(null) : published
  }

  function pauseAfter(tries: number): number {
    return Math.round(Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(tries, 20)) * (1 + random.fraction() / 4))
  }

  return {
    miss,
    look(group) {
      onScreen = group
    },
    async ask(group, keys) {
      sql.transaction(() => {
        const now = clock.now()
        for (const key of keys) {
          wantKey(sql, group, key, now)
          sql.run('UPDATE wanted_keys SET next_at = ? WHERE group_id = ? AND key = ?', [now, group, key])
        }
      })
      return solicit(group)
    },
    isSolicited: (group, key) => findWantedKey(sql, group, key)?.asked_at != null,
    arrived(group, keys) {
      const isCome = ({ group_id, key }: OpenKey) => group_id === group && keys.some((come) => sameBytes(come, key))
      // In each request of ours that is open: it may have been asked for more than once.
      const answered = openOnes().filter(isCome)
      sql.transaction(() => {
        for (const key of keys) {
          const solicitation = dropWantedKey(sql, group, key)
          if (solicitation !== undefined) answered.push({ group_id: group, solicitation, key })
        }
      })
      if (answered.length > 0) needs.crash('group.keys-noted')
      tellFulfilled(answered)
    },
    asked(group, key) {
      const row = findWantedKey(sql, group, key)
      if (row === undefined) return undefined
      const answering = row.solicitation === null ? undefined : leaseOn(sql, group, row.solicitation, key, clock.now())
      return { askedAt: row.asked_at, answering: answering ?? null, nextTryAt: row.next_at as Instant }
    },
    askedHere: tellAgain,
    connected() {
      wake()
      tellAgain()
    },
    idle: () => running,
    stop() {
      stopped = true
      callOff()
    },
  }

  /** What came, and was not heard to have come: others would bring it again and again. */
  function tellAgain(): void {
    tellFulfilled(openOnes().filter(({ group_id, key }) => isMember(group_id) && isHeld(group_id, key)))
  }

  function openOnes(): OpenKey[] {
    return openSolicitationsOf(sql, needs.own.account, needs.own.device)
  }

  function isMember(group: GroupId): boolean {
    return states.get(group)?.members.has(needs.own.account) === true
  }

  function isHeld(group: GroupId, key: Uint8Array): boolean {
    if (key.length === 32) return findDetailsKey(sql, group, key) !== undefined
    const session = GroupSessionId.safeParse(bytesToUuid(key))
    return session.success && findGroupSession(sql, session.data) !== undefined
  }

  /** Each request once, with all of its keys that came. */
  function tellFulfilled(come: readonly OpenKey[]): void {
    const requests = new Map<string, { group: GroupId; solicitation: Uint8Array; ids: Map<string, Uint8Array> }>()
    for (const { group_id, solicitation, key } of come) {
      const request = requests.get(solicitation.join()) ?? { group: group_id, solicitation, ids: new Map() }
      request.ids.set(key.join(), key)
      requests.set(solicitation.join(), request)
    }
    for (const { group, solicitation, ids } of requests.values())
      publishFulfilled(group, solicitation, [...ids.values()])
  }

  function publishFulfilled(group: GroupId, solicitation: Uint8Array, keys: readonly Uint8Array[]): void {
    const ids = keys.map((key) => new Uint8Array(key))
    const content = toBinary(
      FulfilledSchema,
      create(FulfilledSchema, { solicitation: new Uint8Array(solicitation), ids }),
    )
    const message = uuidToBytes(MessageId.parse(random.uuid()))
    running = running
      .then(() =>
        connection.ask(
          { case: 'publish', value: { group: uuidToBytes(group), message, kind: StreamKind.FULFILLED, content } },
          'published',
        ),
      )
      .then((told) => {
        if (!told.ok) log.info('groups.fulfilled-not-told', { code: told.failure.code })
      })
  }
}
