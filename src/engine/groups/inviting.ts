// Inviting people: at once as many as the relay gives keys for, the others as it gives more, also after a restart [G3][P36].

import type { HistoryGrant, InvitedPerson } from '../../protocol/groups/change.ts'
import { type GroupState, newestEpoch } from '../../protocol/groups/state.ts'
import { MAX_ACCOUNTS_AN_ENTRY } from '../../protocol/limits.ts'
import { type Answer, answer, type Failure, refuse } from '../../shared/answer.ts'
import type { AccountId, GroupId } from '../../shared/ids.ts'
import { detailsKeyId } from '../signal/details.ts'
import { readIdentity } from '../storage/identities.ts'
import { oweKey } from '../storage/key-deliveries.ts'
import { findPersonRow, isBlocked } from '../storage/people.ts'
import {
  dropPlanned,
  dueInvitations,
  groupsToInviteInto,
  nextInvitation,
  planInvitations,
  type ToInvite,
} from '../storage/people-to-invite.ts'
import type { Appending } from './append.ts'
import { keyForSealing, keysInUse, sealProfile } from './names.ts'
import type { GroupNeeds } from './needs.ts'
import type { GroupStates } from './states.ts'

export interface Inviting {
  /** Whether they can be invited as far as this device knows. */
  check(people: readonly AccountId[]): Answer<null>
  /** In a transaction: they are to be invited. */
  plan(group: GroupId, people: readonly AccountId[], history: HistoryGrant): void
  /** Those who can be are invited when it answers; for the others it goes on by itself. Refused: nobody was. */
  invite(group: GroupId, people: readonly AccountId[], history: HistoryGrant): Promise<Answer<null>>
  /** Those who are planned, as far as it goes now. */
  work(group: GroupId): Promise<void>
  connected(): void
  idle(): Promise<void>
  stop(): void
}

/** Under which key each has to accept [P111]; who has to wait, and how long; who cannot be invited, and why. */
interface Keys {
  known: { account: AccountId; identityKey: Uint8Array }[]
  later: AccountId[]
  wait: number
  refused: { account: AccountId; failure: Failure }[]
}

/** Milliseconds, where the relay does not say how long. */
const PAUSE = 30_000

export function createInviting(
  needs: GroupNeeds,
  states: GroupStates,
  appending: Appending,
  owing: () => void,
): Inviting {
  const { sql, clock, log, random, connection, own } = needs
  let callOff = (): void => {}
  let running: Promise<void> = Promise.resolve()
  let stopped = false

  function check(people: readonly AccountId[]): Answer<null> {
    for (const account of people) {
      if (findPersonRow(sql, account) === undefined || account === own.account) return refuse('no-such-person')
      if (isBlocked(sql, account)) return refuse('blocked')
      if (readIdentity(sql, account)?.changedAt != null) return refuse('safety-number-changed')
    }
    return answer(null)
  }

  async function invite(group: GroupId, people: readonly AccountId[], history: HistoryGrant): Promise<Answer<null>> {
    const checked = check(people)
    if (!checked.ok) return checked
    const keys = await keysOf([...new Set(people)])
    const [refused] = keys.refused
    if (refused !== undefined) return { ok: false, failure: refused.failure }
    if (keys.known.length > 0) {
      const known = keys.known.map((one) => ({ ...one, history }))
      const invited = await append(group, known, (state, account) => !state.members.has(account))
      if (!invited.ok) return invited
    }
    if (keys.later.length > 0) {
      sql.transaction(() => planInvitations(sql, group, keys.later, history, clock.now() + keys.wait))
      sleep()
    }
    return answer(null)
  }

  function work(group: GroupId): Promise<void> {
    running = running
      .then(() => inviteDue(group))
      .catch((error: unknown) => log.error('groups.invite', { error: error instanceof Error ? error.name : 'unknown' }))
      .then(sleep)
    return running
  }

  async function inviteDue(group: GroupId): Promise<void> {
    while (!stopped && isOnline()) {
      const due = dueInvitations(sql, group, clock.now(), MAX_ACCOUNTS_AN_ENTRY)
      if (due.length === 0) return
      await inviteSome(group, due)
    }
  }

  async function inviteSome(group: GroupId, due: readonly ToInvite[]): Promise<void> {
    if (states.get(group) === undefined) return putOff(group, due, PAUSE)
    const ours = due.filter(({ account }) => findPersonRow(sql, account) !== undefined && !isBlocked(sql, account))
    const keys = await keysOf(ours.map(({ account }) => account))
    const people = keys.known.flatMap((one) => {
      const planned = ours.find(({ account }) => account === one.account)
      return planned === undefined ? [] : [{ ...one, history: planned.history }]
    })
    const invited = people.length === 0 ? answer(null) : await append(group, people, isNobodyYet)
    const isPutOff =
      !invited.ok && (invited.failure.code === 'not-connected' || invited.failure.code === 'rate-limited')
    const later = [...keys.later, ...(isPutOff ? people.map(({ account }) => account) : [])]
    const wait = Math.max(keys.wait, (isPutOff && invited.failure.retryAfter) || PAUSE)
    if (!invited.ok && !isPutOff && invited.failure.code !== 'already-so')
      log.warn('groups.not-invited', { code: invited.failure.code, people: people.length })
    for (const { failure } of keys.refused) log.warn('groups.not-invited', { code: failure.code, people: 1 })
    putOff(
      group,
      due.filter(({ account }) => later.includes(account)),
      wait,
      due.filter(({ account }) => !later.includes(account)),
    )
  }

  function putOff(group: GroupId, later: readonly ToInvite[], wait: number, done: readonly ToInvite[] = []): void {
    sql.transaction(() => {
      for (const { account } of done) dropPlanned(sql, group, account)
      for (const { account, history } of later) planInvitations(sql, group, [account], history, clock.now() + wait)
    })
  }

  /** Pinned, or pinned now. When the relay has to be waited for, it is asked for nobody else. */
  async function keysOf(people: readonly AccountId[]): Promise<Keys> {
    const keys: Keys = { known: [], later: [], wait: 0, refused: [] }
    for (const account of people) {
      const ready = keys.wait > 0 ? undefined : await needs.peers.getReady(account, undefined)
      const pinned = readIdentity(sql, account)
      if (pinned !== undefined && pinned.changedAt === null)
        keys.known.push({ account, identityKey: new Uint8Array(pinned.key) })
      else if (ready === undefined) keys.later.push(account)
      else if (ready.ok) keys.refused.push({ account, failure: { code: 'no-such-person' } })
      else if (ready.failure.code !== 'rate-limited' && ready.failure.code !== 'not-connected')
        keys.refused.push({ account, failure: ready.failure })
      else {
        keys.later.push(account)
        keys.wait = ready.failure.retryAfter ?? PAUSE
      }
    }
    return keys
  }

  /** Invited already, they were before a crash: what they are owed may not have been noted. */
  function isNobodyYet(state: GroupState, account: AccountId): boolean {
    return !state.members.has(account) && !state.invited.has(account)
  }

  async function append(
    group: GroupId,
    people: readonly { account: AccountId; identityKey: Uint8Array; history: HistoryGrant }[],
    isToInvite: (state: GroupState, account: AccountId) => boolean,
  ): Promise<Answer<null>> {
    const changed = await appending.change(group, (state) => {
      const fresh = people.filter(({ account }) => isToInvite(state, account))
      if (fresh.length === 0) return undefined
      const { key } = keyForSealing({ sql, random }, group, newestEpoch(state).number, clock.now())
      const invited = fresh.map(({ account, identityKey, history }): InvitedPerson => {
        const known = findPersonRow(sql, account)
        const profile = known && sealProfile(random, key, group, { username: known.username, name: known.name })
        return { account, identityKey, role: 'member', history, profile }
      })
      return { kind: 'invite', people: invited, expiresAt: undefined }
    })
    const state = states.get(group)
    if (state !== undefined && (changed.ok || changed.failure.code === 'already-so')) oweNames(state, people)
    return changed
  }

  /** What opens the title, and the names of who is there. */
  function oweNames(state: GroupState, people: readonly { account: AccountId }[]): void {
    const { group } = state
    sql.transaction(() => {
      for (const { account } of people) {
        if (!state.invited.has(account)) continue
        for (const key of keysInUse(sql, state))
          oweKey(sql, { group_id: group, account, key: detailsKeyId(key), due_at: clock.now() })
      }
    })
    owing()
  }

  function isOnline(): boolean {
    const { state } = connection.state()
    return state === 'online' || state === 'catching-up'
  }

  function sleep(): void {
    callOff()
    const next = nextInvitation(sql)
    if (next === undefined || stopped) return
    callOff = clock.after(Math.max(1_000, next - clock.now()), workAll)
  }

  function workAll(): void {
    if (stopped || !isOnline()) return
    for (const group of groupsToInviteInto(sql, clock.now())) void work(group)
  }

  return {
    check,
    plan: (group, people, history) => planInvitations(sql, group, people, history, clock.now()),
    invite,
    work,
    connected() {
      sleep()
      workAll()
    },
    async idle() {
      await running
    },
    stop() {
      stopped = true
      callOff()
    },
  }
}
