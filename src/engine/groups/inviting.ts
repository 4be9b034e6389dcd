// Inviting people: at once as many as the relay gives keys for, the others as it gives more, also after a restart [G3][P36].

import type { HistoryGrant, InvitedPerson } from '../../protocol/groups/change.ts'
import { type GroupState, newestEpoch } from '../../protocol/groups/state.ts'
import { MAX_ACCOUNTS_AN_ENTRY, MAX_ENTRY_BYTES } from '../../protocol/limits.ts'
import { type Answer, answer, refuse } from '../../shared/answer.ts'
import type { CallOutput } from '../../shared/api.ts'
import type { Failure } from '../../shared/failure.ts'
import { type AccountId, type GroupId, groupConversation } from '../../shared/ids.ts'
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
import { Touched } from '../touched.ts'
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
  invite(group: GroupId, people: readonly AccountId[], history: HistoryGrant): Promise<Answer<HowFar>>
  /** Those who are planned, as far as it goes now. */
  work(group: GroupId): Promise<void>
  connected(): void
  idle(): Promise<void>
  stop(): void
}

type HowFar = CallOutput<'inviteToGroup'>

interface KnownPerson {
  account: AccountId
  identityKey: Uint8Array
  history: HistoryGrant
}

/** How many are invited, or were before; who is not, and why it ended. */
interface Appended {
  invited: number
  rest: readonly KnownPerson[]
  failure: Failure | undefined
}

/** Under which key each has to accept [P111]; who has to wait, and how long; who cannot be invited, and why. */
interface Keys {
  known: { account: AccountId; identityKey: Uint8Array }[]
  later: AccountId[]
  wait: number
  refused: { account: AccountId; failure: Failure }[]
}

/** Bytes of one of them in an entry, beside their sealed name; and of the entry beside all of them. */
const OF_A_PERSON = 160
const OF_THE_ENTRY = 1_024

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

  async function invite(group: GroupId, people: readonly AccountId[], history: HistoryGrant): Promise<Answer<HowFar>> {
    const checked = check(people)
    if (!checked.ok) return checked
    const keys = await keysOf([...new Set(people)])
    const [refused] = keys.refused
    if (refused !== undefined) return { ok: false, failure: refused.failure }
    const plan = (accounts: readonly AccountId[], wait: number) =>
      planInvitations(sql, group, accounts, history, clock.now() + wait)
    const known = keys.known.map((one) => ({ ...one, history }))
    const isNoMember = (state: GroupState, account: AccountId) => !state.members.has(account)
    const { invited, rest, failure } = await append(group, known, isNoMember, (still) => {
      // Killed here, it goes on by itself.
      sql.transaction(() => plan(accountsOf(still), PAUSE))
    })
    const isForLater = failure !== undefined && isPuttingOff(failure)
    if (failure !== undefined && invited === 0 && (failure.code !== 'already-so' || keys.later.length === 0))
      return { ok: false, failure }
    const isOver = failure !== undefined && !isForLater && failure.code !== 'already-so'
    sql.transaction(() => {
      if (isOver) for (const { account } of rest) dropPlanned(sql, group, account)
      else plan(keys.later, keys.wait)
    })
    show(group)
    sleep()
    if (isOver) return answer({ invited, waiting: 0, notInvited: { people: rest.length + keys.later.length, failure } })
    return answer({ invited, waiting: rest.length + keys.later.length, notInvited: null })
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
    const keys = await keysOf(accountsOf(ours))
    const people = keys.known.flatMap((one) => {
      const planned = ours.find(({ account }) => account === one.account)
      return planned === undefined ? [] : [{ ...one, history: planned.history }]
    })
    const { rest, failure } = await append(group, people, isNobodyYet)
    const isPutOff = failure !== undefined && isPuttingOff(failure)
    const later = [...keys.later, ...(isPutOff ? accountsOf(rest) : [])]
    const wait = Math.max(keys.wait, (isPutOff && failure.retryAfter) || PAUSE)
    if (failure !== undefined && !isPutOff && failure.code !== 'already-so')
      log.warn('groups.not-invited', { code: failure.code, people: rest.length })
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
    show(group)
  }

  /** How many still wait. */
  function show(group: GroupId): void {
    const touched = new Touched()
    touched.conversation(groupConversation(group))
    needs.tell(touched)
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

  /** In as many entries as they need, one after the other. */
  async function append(
    group: GroupId,
    people: readonly KnownPerson[],
    isToInvite: (state: GroupState, account: AccountId) => boolean,
    /** When some are, and these are not yet. */
    between: (still: readonly KnownPerson[]) => void = () => {},
  ): Promise<Appended> {
    let rest = people
    let invited = 0
    let failure: Failure | undefined
    while (rest.length > 0) {
      let batch: readonly KnownPerson[] = rest
      const changed = await appending.change(group, (state) => {
        const fresh = rest.filter(({ account }) => isToInvite(state, account))
        const { key } = keyForSealing({ sql, random }, group, newestEpoch(state).number, clock.now())
        const entry = thatFit(fresh.map((one) => invitedPerson(group, key, one)))
        const last = entry.at(-1)
        batch = last === undefined ? rest : rest.slice(0, rest.findIndex(({ account }) => account === last.account) + 1)
        return entry.length === 0 ? undefined : { kind: 'invite', people: entry, expiresAt: undefined }
      })
      const isDone = changed.ok || changed.failure.code === 'already-so'
      const state = states.get(group)
      if (state !== undefined && isDone) oweNames(state, batch)
      if (!changed.ok) failure = changed.failure
      if (!isDone) return { invited, rest, failure }
      rest = rest.slice(batch.length)
      if (!changed.ok) continue
      invited += batch.length
      sql.transaction(() => {
        for (const { account } of batch) dropPlanned(sql, group, account)
      })
      if (rest.length > 0) between(rest)
    }
    return { invited, rest, failure }
  }

  function invitedPerson(
    group: GroupId,
    key: Uint8Array,
    { account, identityKey, history }: KnownPerson,
  ): InvitedPerson {
    const known = findPersonRow(sql, account)
    const profile = known && sealProfile(random, key, group, { username: known.username, name: known.name })
    return { account, identityKey, role: 'member', history, profile }
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

/** As many as one entry may name, by number and by bytes [P110]. */
function thatFit(people: readonly InvitedPerson[]): readonly InvitedPerson[] {
  let bytes = OF_THE_ENTRY
  const end = people.findIndex(({ profile }) => {
    bytes += OF_A_PERSON + (profile?.ciphertext.length ?? 0)
    return bytes > MAX_ENTRY_BYTES
  })
  return people.slice(0, Math.min(end === -1 ? people.length : end, MAX_ACCOUNTS_AN_ENTRY))
}

function accountsOf(people: readonly { account: AccountId }[]): AccountId[] {
  return people.map(({ account }) => account)
}

/** Another time it may do. */
function isPuttingOff({ code }: Failure): boolean {
  return code === 'not-connected' || code === 'rate-limited'
}
