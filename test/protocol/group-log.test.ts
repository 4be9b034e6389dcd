// A group's log: what it takes, what it makes of it, and what cannot be slipped into it.

import { randomBytes, randomUUID } from 'node:crypto'
import { create, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { verifySignature } from '../../src/engine/signal/verify.ts'
import { EntrySchema, SignedEntrySchema } from '../../src/protocol/generated/group_pb.ts'
import { applyEntry } from '../../src/protocol/groups/apply.ts'
import { buildEntry, buildFirstEntry } from '../../src/protocol/groups/build.ts'
import type { Change } from '../../src/protocol/groups/change.ts'
import { mayHold, mayRead, memberKeyIn } from '../../src/protocol/groups/entitlement.ts'
import { isBanned, takesReadable, takesSealed, tookReadableAt } from '../../src/protocol/groups/permissions.ts'
import { type GroupEntry, readEntry } from '../../src/protocol/groups/read.ts'
import { rotationReasons } from '../../src/protocol/groups/rotation.ts'
import { loadState, saveState } from '../../src/protocol/groups/save.ts'
import type { GroupState } from '../../src/protocol/groups/state.ts'
import { MAX_ACCOUNTS_AN_ENTRY, MAX_DETAILS_BYTES } from '../../src/protocol/limits.ts'
import { AccountId, GroupId, type Instant, MessageId, uuidToBytes } from '../../src/shared/ids.ts'
import { MAX_GROUP_MEMBERS } from '../../src/shared/limits.ts'
import {
  creation,
  DAY,
  foundGroup,
  HOUR,
  invitation,
  later,
  type Member,
  makeMember,
  NOON,
  signedBy,
} from './group-log.ts'

const plus = (at: Instant, milliseconds: number) => (at + milliseconds) as Instant
const why = (applied: { ok: true } | { ok: false; why: string }) => (applied.ok ? 'ok' : applied.why)

function read(bytes: Uint8Array): GroupEntry {
  const entry = readEntry(bytes)
  if (!entry.ok) throw new Error(entry.why)
  return entry.entry
}

/** As somebody does who was not there: from the bytes alone. */
function replay(entries: readonly Uint8Array[]): GroupState | undefined {
  let state: GroupState | undefined
  for (const [index, bytes] of entries.entries()) {
    const applied = applyEntry(state, read(bytes), { verify: verifySignature, position: index + 1 })
    if (!applied.ok) throw new Error(applied.why)
    state = applied.state
  }
  return state
}

test('[G8][P136] readable text counts where it stands, whatever was switched since', () => {
  const olga = makeMember()
  const log = foundGroup(olga)
  const switched = (encryption: 'required' | 'optional' | 'off') =>
    log.does(olga, { kind: 'set-encryption', encryption }).head.position
  const [off, on, optional, again] = [switched('off'), switched('required'), switched('optional'), switched('off')]
  const counts = (state: GroupState) => [1, off, on, optional, again, again + 9].map((at) => tookReadableAt(state, at))
  // An entry is not behind itself.
  expect(counts(log.state)).toEqual([false, false, true, false, true, true])
  expect(counts(loadState(saveState(log.state)) as GroupState)).toEqual(counts(log.state))
})

test('a state that the first version saved is read on, without what it did not keep', () => {
  const [olga, gone] = [makeMember(), makeMember()]
  const log = foundGroup(olga)
  log.takesIn(olga, gone, 'member', { kind: 'all' })
  log.does(olga, { kind: 'remove', accounts: [gone.account] })
  log.does(olga, { kind: 'set-encryption', encryption: 'off' })
  const saved = JSON.parse(saveState(log.state), (key, value) => {
    if (key === 'earlier') return undefined
    // Of spans only: members had theirs.
    if (typeof value === 'object' && value !== null && 'to' in value) delete value.history
    return value
  })
  const reread = loadState(JSON.stringify({ ...saved, version: 1 }))
  if (reread === undefined) throw new Error('it is not read')
  expect(reread.encryption).toEqual({ ...log.state.encryption, earlier: [] })
  expect(reread.former.get(gone.account)?.spans).toMatchObject([{ history: { kind: 'none' } }])
  const next = log.entry(olga, { kind: 'set-encryption', encryption: 'required' })
  expect(why(applyEntry(reread, read(next), { verify: verifySignature }))).toBe('ok')
  expect(loadState(JSON.stringify({ ...saved, version: 99 }))).toBeUndefined()
})

describe('joining', () => {
  test('[P114][G3] an invitation is accepted under the key it names, refused, or over after three days', () => {
    const [olga, ivy, ivan, igor] = [makeMember(), makeMember(), makeMember(), makeMember()]
    const log = foundGroup(olga)
    log.does(olga, { kind: 'invite', people: [ivy, ivan, igor].map((who) => invitation(who)), expiresAt: undefined })
    const at = log.state.head.at
    expect(why(log.tries({ ...ivy, identity: ivan.identity }, { kind: 'accept-invitation' }))).toBe('bad-signature')
    log.does(ivy, { kind: 'accept-invitation' })
    expect(log.state.members.get(ivy.account)).toMatchObject({ role: 'member', by: olga.account })
    log.does(ivan, { kind: 'refuse-invitation' })
    expect(why(log.tries(ivan, { kind: 'accept-invitation' }))).toBe('not-invited')
    expect(why(log.tries(igor, { kind: 'accept-invitation' }, plus(at, 3 * DAY - 1)))).toBe('ok')
    expect(why(log.tries(igor, { kind: 'accept-invitation' }, plus(at, 3 * DAY)))).toBe('expired')
    // By the judge's clock too: an entry that is dated back does not help.
    expect(why(log.tries(igor, { kind: 'accept-invitation' }, log.now, { now: plus(at, 3 * DAY) }))).toBe('expired')
  })

  test('[P114][G2] a request needs the link of now; approval needs a request, once', () => {
    const [olga, rita, rolf] = [makeMember(), makeMember(), makeMember()]
    const log = foundGroup(olga)
    const [first, second] = [randomBytes(32), randomBytes(32)]
    const asks = ({ identityKey }: Member, secretHash: Uint8Array): Change => ({
      kind: 'request-to-join',
      identityKey,
      secretHash,
      note: undefined,
    })
    const link = (secretHash: Uint8Array, expiresAt?: Instant): Change => ({
      kind: 'set-link',
      link: { secretHash, secret: undefined, expiresAt },
    })
    const approve: Change = { kind: 'approve-request', account: rita.account, history: { kind: 'all' } }
    expect(why(log.tries(rita, asks(rita, first)))).toBe('no-link')
    log.does(olga, link(first))
    log.does(olga, link(second, plus(log.now, HOUR)))
    expect(why(log.tries(rita, asks(rita, first)))).toBe('no-link')
    expect(why(log.tries(rita, asks(rita, second), plus(log.now, HOUR)))).toBe('expired')
    expect(why(log.tries(rita, asks(rolf, second)))).toBe('bad-signature')
    expect(why(log.tries(olga, approve))).toBe('not-requested')
    log.does(rita, asks(rita, second))
    expect(why(log.tries(rita, asks(rita, second)))).toBe('already-so')
    log.does(olga, approve)
    expect(log.state.members.get(rita.account)).toMatchObject({ role: 'member', by: olga.account })
    expect(why(log.tries(olga, approve))).toBe('not-requested')
    log.does(rolf, asks(rolf, second))
    log.does(olga, { kind: 'reject-request', account: rolf.account })
    expect(log.state.turnedAway.get(rolf.account)).toMatchObject({ index: log.state.head.index })
    log.does(rolf, asks(rolf, second))
    expect(log.state.turnedAway.has(rolf.account)).toBe(false)
  })

  test('[P114][G12] who is banned neither asks, accepts nor is approved, until it is over', () => {
    const [olga, bob, ben] = [makeMember(), makeMember(), makeMember()]
    const log = foundGroup(olga)
    const secretHash = randomBytes(32)
    const asks: Change = { kind: 'request-to-join', identityKey: bob.identityKey, secretHash, note: undefined }
    log.does(olga, { kind: 'set-link', link: { secretHash, secret: undefined, expiresAt: undefined } })
    log.takesIn(olga, bob)
    log.does(olga, { kind: 'invite', people: [invitation(ben)], expiresAt: plus(log.now, 9 * DAY) })
    const over = plus(log.now, DAY)
    log.does(olga, { kind: 'ban', accounts: [bob.account, ben.account], until: over })
    expect(log.state.members.has(bob.account)).toBe(false)
    expect(why(log.tries(ben, { kind: 'accept-invitation' }))).toBe('not-invited')
    expect(why(log.tries(bob, asks))).toBe('banned')
    expect(why(log.tries(bob, asks, over, { now: plus(over, -1) }))).toBe('banned')
    expect(why(log.tries(olga, { kind: 'invite', people: [invitation(bob)], expiresAt: undefined }))).toBe('banned')
    expect(isBanned(log.state, bob.account, plus(over, -1))).toBe(true)
    log.does(bob, asks, over)
    log.does(olga, { kind: 'approve-request', account: bob.account, history: { kind: 'none' } })
    expect(log.state.members.has(bob.account)).toBe(true)
    log.does(olga, { kind: 'ban', accounts: [bob.account], until: undefined })
    log.does(olga, { kind: 'unban', accounts: [bob.account] })
    expect(why(log.tries(bob, asks))).toBe('ok')
  })

  test('[P114] a group is full at its limit, however one comes in', () => {
    const olga = makeMember()
    const log = foundGroup(olga)
    const people = Array.from({ length: MAX_GROUP_MEMBERS }, makeMember)
    for (let first = 0; first < people.length; first += MAX_ACCOUNTS_AN_ENTRY) {
      const some = people.slice(first, first + MAX_ACCOUNTS_AN_ENTRY)
      log.does(olga, { kind: 'invite', people: some.map((who) => invitation(who)), expiresAt: undefined })
    }
    const more: Change = { kind: 'invite', people: [invitation(makeMember())], expiresAt: undefined }
    expect(why(log.tries(olga, more))).toBe('too-many')
    for (const who of people.slice(1)) log.does(who, { kind: 'accept-invitation' })
    expect(log.state.members.size).toBe(MAX_GROUP_MEMBERS)
    const last = people[0]
    expect(last && why(log.tries(last, { kind: 'accept-invitation' }))).toBe('too-many')
  })
})

describe('encryption and epochs', () => {
  test('[P112][G7] encryption is switched by an owner, stays switched, and marks the group when it goes on', () => {
    const olga = makeMember()
    const log = foundGroup(olga)
    const takes = () => [takesSealed(log.state), takesReadable(log.state)]
    expect(takes()).toEqual([true, false])
    log.does(olga, { kind: 'set-encryption', encryption: 'optional' })
    expect(takes()).toEqual([true, true])
    expect(log.state.marks).toEqual([])
    log.does(olga, { kind: 'set-encryption', encryption: 'off' })
    expect(takes()).toEqual([false, true])
    expect(why(log.tries(olga, { kind: 'set-encryption', encryption: 'off' }))).toBe('already-so')
    expect(replay(log.entries)?.encryption).toEqual(log.state.encryption)
    log.does(olga, { kind: 'set-encryption', encryption: 'required' })
    expect(rotationReasons(log.state, log.now, 0)).toEqual(['encryption-on'])
  })

  test('[P113][G6] what marks a group, and that a new epoch takes the marks away', () => {
    const [olga, max, mia, bob, nora] = [makeMember(), makeMember(), makeMember(), makeMember(), makeMember()]
    const log = foundGroup(olga)
    for (const who of [max, mia, bob]) log.takesIn(olga, who, 'member', { kind: 'all' })
    const reasons = () => rotationReasons(log.state, log.now, 0)
    let epoch = 1
    const marks = (who: Member, change: Change, reason: string) => {
      expect(reasons()).toEqual([])
      log.does(who, change)
      expect(reasons()).toEqual([reason])
      epoch += 1
      log.does(olga, { kind: 'open-epoch', epoch })
      expect(reasons()).toEqual([])
    }
    marks(max, { kind: 'request-rotation' }, 'asked')
    marks(max, { kind: 'leave' }, 'left')
    marks(olga, { kind: 'remove', accounts: [mia.account] }, 'removed')
    marks(olga, { kind: 'ban', accounts: [bob.account], until: undefined }, 'banned')
    log.does(olga, { kind: 'invite', people: [invitation(nora)], expiresAt: undefined })
    marks(nora, { kind: 'accept-invitation' }, 'joined-without-history')
    expect(rotationReasons(log.state, plus(log.state.epochs.at(-1)?.opened.at ?? NOON, 7 * DAY), 0)).toEqual(['time'])
    expect(rotationReasons(log.state, log.now, 99)).toEqual([])
    expect(rotationReasons(log.state, log.now, 100)).toEqual(['messages'])
    log.does(nora, { kind: 'request-rotation' })
    expect(why(log.tries(olga, { kind: 'request-rotation' }))).toBe('already-so')
  })

  test('[P115][D7] who may be given the keys of which epoch', () => {
    const people = Array.from({ length: 6 }, makeMember)
    const [olga, none, since, all, gone, never] = people as [Member, Member, Member, Member, Member, Member]
    const log = foundGroup(olga, {
      policies: { history: { kind: 'all' }, rotationTime: DAY, rotationMessages: 100 },
    })
    const open = (epoch: number, at: Instant) => log.does(olga, { kind: 'open-epoch', epoch }, at)
    log.takesIn(olga, gone, 'member', { kind: 'all' })
    open(2, later(10 * DAY))
    open(3, later(20 * DAY))
    log.does(olga, { kind: 'remove', accounts: [gone.account] })
    for (const [who, history] of [
      [none, { kind: 'none' }],
      [since, { kind: 'since', since: later(15 * DAY) }],
      [all, { kind: 'all' }],
    ] as const)
      log.takesIn(olga, who, 'member', history)
    open(4, later(30 * DAY))
    const readable = ({ account }: Member) => [1, 2, 3, 4, 5].filter((epoch) => mayRead(log.state, account, epoch))
    expect(readable(olga)).toEqual([1, 2, 3, 4])
    expect(readable(none)).toEqual([4])
    expect(readable(since)).toEqual([2, 3, 4])
    expect(readable(all)).toEqual([1, 2, 3, 4])
    expect(readable(gone)).toEqual([])
    expect(readable(never)).toEqual([])
    // Who has gone keeps what they had, and gets nothing more.
    const holds = ({ account }: Member) => [1, 2, 3, 4, 5].filter((epoch) => mayHold(log.state, account, epoch))
    expect(holds(gone)).toEqual([1, 2, 3])
    expect(holds(since)).toEqual([2, 3, 4])
    expect(holds(none)).toEqual([4])
    expect(holds(never)).toEqual([])
    // Whose announcements count for an epoch: those who were in the group while it was the newest.
    const speaks = ({ account }: Member) => [1, 2, 3, 4, 5].filter((epoch) => memberKeyIn(log.state, account, epoch))
    expect(speaks(gone)).toEqual([1, 2, 3])
    expect(speaks(all)).toEqual([3, 4])
    expect(speaks(never)).toEqual([])
    log.takesIn(olga, gone)
    expect(speaks(gone)).toEqual([1, 2, 3, 4])
    expect(readable(gone)).toEqual([])
    expect(holds(gone)).toEqual([1, 2, 3])
    log.does(olga, { kind: 'remove', accounts: [since.account] })
    open(5, later(40 * DAY))
    expect(holds(since)).toEqual([2, 3, 4])
    log.does(olga, { kind: 'delete-group' })
    expect(readable(olga)).toEqual([])
    expect(holds(olga)).toEqual([1, 2, 3, 4, 5])
  })

  test('[P115][D7] a policy bounds what is granted when somebody joins', () => {
    const [olga, nora] = [makeMember(), makeMember()]
    const policy = (history: { kind: 'none' } | { kind: 'days'; days: number }) =>
      foundGroup(olga, { policies: { history, rotationTime: DAY, rotationMessages: 100 } })
    const days = policy({ kind: 'days', days: 10 })
    days.does(olga, { kind: 'open-epoch', epoch: 2 }, later(30 * DAY))
    const state = days.takesIn(olga, nora, 'member', { kind: 'all' })
    expect(state.members.get(nora.account)?.history).toEqual({ kind: 'since', since: state.head.at - 10 * DAY })
    const nothing = policy({ kind: 'none' })
    nothing.takesIn(olga, nora, 'member', { kind: 'all' })
    expect(nothing.state.members.get(nora.account)?.history).toEqual({ kind: 'none' })
    expect(nothing.state.marks.map((mark) => mark.why)).toEqual(['joined-without-history'])
  })
})

describe('what cannot be slipped in', () => {
  const [olga, max, eve] = [makeMember(), makeMember(), makeMember()]
  const log = foundGroup(olga)
  log.takesIn(olga, max)
  const judged = (bytes: Uint8Array, state: GroupState | undefined = log.state) =>
    why(applyEntry(state, read(bytes), { verify: verifySignature }))

  test('[P110] an entry follows the one before it, by number and by hash, in its group', () => {
    const good = log.entry(olga, { kind: 'request-rotation' })
    expect(judged(good)).toBe('ok')
    const by = { actor: olga.account, device: olga.device, at: log.now }
    const on = (state: GroupState) => signedBy(olga, buildEntry(state, by, { kind: 'request-rotation' }))
    const { state } = log
    expect(judged(on({ ...state, head: { ...state.head, index: state.head.index + 1 } }))).toBe('wrong-index')
    expect(judged(on({ ...state, head: { ...state.head, index: state.head.index - 1 } }))).toBe('wrong-index')
    expect(judged(on({ ...state, head: { ...state.head, hash: randomBytes(32) } }))).toBe('wrong-chain')
    expect(judged(on({ ...state, group: GroupId.parse(randomUUID()) }))).toBe('wrong-group')
    expect(why(applyEntry(undefined, read(good), { verify: verifySignature }))).toBe('not-created')
  })

  test('[P111] an entry counts under the key that the log has for its actor, and no other', () => {
    const by = { actor: olga.account, device: olga.device, at: log.now }
    const forged = buildEntry(log.state, by, { kind: 'remove', accounts: [max.account] })
    expect(judged(signedBy(eve, forged))).toBe('bad-signature')
    expect(judged(signedBy(max, forged))).toBe('bad-signature')
    expect(judged(signedBy(olga, forged))).toBe('ok')
    // Who is not in the log has no key in it, whatever they bring.
    expect(judged(signedBy(eve, buildEntry(log.state, { ...by, actor: eve.account }, { kind: 'leave' })))).toBe(
      'not-a-member',
    )
    const founding = buildFirstEntry(log.group, by, creation(olga))
    expect(why(applyEntry(undefined, read(signedBy(eve, founding)), { verify: verifySignature }))).toBe('bad-signature')
    // Nor does a signature over the same bytes for another purpose.
    const bare = toBinary(
      SignedEntrySchema,
      create(SignedEntrySchema, { entry: forged.entry, signature: olga.identity.privateKey.sign(forged.entry) }),
    )
    expect(judged(bare)).toBe('bad-signature')
  })

  test('[P111] a bit that flips anywhere in an entry is found', () => {
    const good = log.entry(olga, { kind: 'remove', accounts: [max.account] })
    fc.assert(
      fc.property(fc.nat(good.length * 8 - 1), (bit) => {
        const bytes = Uint8Array.from(good)
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        const entry = readEntry(bytes)
        expect(entry.ok && applyEntry(log.state, entry.entry, { verify: verifySignature }).ok).toBe(false)
      }),
      { numRuns: 400 },
    )
  })

  const inner = (change: Parameters<typeof create<typeof EntrySchema>>[1]) => {
    const usual = {
      group: uuidToBytes(log.group),
      index: 1n,
      previous: randomBytes(32),
      actor: uuidToBytes(olga.account),
    }
    const entry = toBinary(EntrySchema, create(EntrySchema, { ...usual, actorDevice: 1, timeMs: 5n, ...change }))
    return readEntry(toBinary(SignedEntrySchema, create(SignedEntrySchema, { entry, signature: randomBytes(64) })))
  }
  const accounts = (count: number) => Array.from({ length: count }, () => uuidToBytes(AccountId.parse(randomUUID())))
  const removal = (value: Uint8Array[]) => inner({ change: { case: 'remove', value: { accounts: value } } })

  test('[P110] what is not whole, too long, or names somebody twice is no entry', () => {
    expect(removal(accounts(MAX_ACCOUNTS_AN_ENTRY)).ok).toBe(true)
    expect(removal(accounts(MAX_ACCOUNTS_AN_ENTRY + 1)).ok).toBe(false)
    expect(removal([]).ok).toBe(false)
    const [one = new Uint8Array()] = accounts(1)
    expect(removal([one, one]).ok).toBe(false)
    expect(removal([one.subarray(1)]).ok).toBe(false)
    const leave = { case: 'leave', value: {} } as const
    expect(inner({ change: leave }).ok).toBe(true)
    for (const wrong of [
      { group: randomBytes(15) },
      { actor: randomBytes(17) },
      { actorDevice: 0 },
      { actorDevice: 128 },
      { timeMs: 0n },
      { previous: new Uint8Array() },
      { index: 0n },
      { index: 2n ** 63n },
    ])
      expect(inner({ change: leave, ...wrong }), Object.keys(wrong).join()).toEqual({ ok: false, why: 'malformed' })
    const details = (bytes: number) =>
      inner({ change: { case: 'setDetails', value: { details: { algorithm: 2, ciphertext: randomBytes(bytes) } } } })
    expect(details(MAX_DETAILS_BYTES).ok).toBe(true)
    expect(details(MAX_DETAILS_BYTES + 1).ok).toBe(false)
    expect(inner({ change: { case: 'setRole', value: { accounts: [one], role: 4 as 3 } } }).ok).toBe(false)
    expect(inner({ change: { case: 'setEncryption', value: {} } }).ok).toBe(false)
    expect(inner({ change: { case: 'openEpoch', value: { epoch: 1n } } }).ok).toBe(false)
    expect(readEntry(randomBytes(200)).ok).toBe(false)
    expect(readEntry(new Uint8Array(40_000)).ok).toBe(false)
  })

  test('[P110][D3] a change of a later version is told apart, and an unknown algorithm is let by', () => {
    expect(inner({})).toEqual({ ok: false, why: 'unknown-change' })
    const details = { algorithm: 77 as 2, ciphertext: randomBytes(9) }
    expect(inner({ change: { case: 'setDetails', value: { details } } })).toMatchObject({
      ok: true,
      entry: { change: { kind: 'set-details', details: { algorithm: 77 } } },
    })
  })

  test('[P110] noise is refused, and never worse', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (noise, at) => {
        const bytes = Uint8Array.from(log.entries[1] ?? [])
        bytes.set(noise.subarray(0, Math.max(0, bytes.length - at)), Math.min(at, bytes.length))
        expect(() => readEntry(bytes)).not.toThrow()
        expect(() => readEntry(noise)).not.toThrow()
      }),
      { numRuns: 500 },
    )
  })
})

describe('random logs', () => {
  const people = Array.from({ length: 6 }, makeMember)
  const bytes = (count: number) => new Uint8Array(randomBytes(count))
  const secretHash = bytes(32)
  const sealed = { algorithm: 2, ciphertext: bytes(40), senderKey: bytes(0), session: bytes(32) }
  const who = fc.constantFrom(...people)
  const whom = fc.uniqueArray(who, { minLength: 1, maxLength: 3 }).map((some) => some.map(({ account }) => account))
  const role = fc.constantFrom('member', 'admin', 'owner')
  const until = fc.option(
    fc.integer({ min: 1, max: 20 }).map((hours) => later(hours * HOUR)),
    { nil: undefined },
  )
  const history = fc.oneof(
    fc.constant({ kind: 'none' } as const),
    fc.constant({ kind: 'all' } as const),
    fc.integer({ min: 0, max: 9 }).map((hours) => ({ kind: 'since', since: later(hours * HOUR) }) as const),
  )
  const accountsOrAll = fc.oneof(whom, fc.constant('everyone' as const))
  const made = <From>(from: fc.Arbitrary<From>, make: (value: From) => Change): fc.Arbitrary<Change> => from.map(make)
  const always = (change: Change) => fc.constant(change)
  const change = fc.oneof(
    made(fc.tuple(who, role, history, until), ([one, as, given, expiresAt]) => ({
      kind: 'invite',
      people: [invitation(one, as, given)],
      expiresAt,
    })),
    always({ kind: 'accept-invitation' }),
    always({ kind: 'accept-invitation' }),
    always({ kind: 'refuse-invitation' }),
    always({ kind: 'leave' }),
    always({ kind: 'request-rotation' }),
    always({ kind: 'set-details', details: sealed }),
    always({ kind: 'recall', messages: [MessageId.parse(randomUUID())] }),
    made(whom, (accounts) => ({ kind: 'withdraw-invitation', accounts })),
    made(until, (expiresAt) => ({ kind: 'set-link', link: { secretHash, secret: sealed, expiresAt } })),
    made(who, ({ identityKey }) => ({ kind: 'request-to-join', identityKey, secretHash, note: sealed })),
    made(fc.tuple(who, history), ([{ account }, given]) => ({ kind: 'approve-request', account, history: given })),
    made(who, ({ account }) => ({ kind: 'reject-request', account })),
    made(whom, (accounts) => ({ kind: 'remove', accounts })),
    made(fc.tuple(whom, until), ([accounts, end]) => ({ kind: 'ban', accounts, until: end })),
    made(whom, (accounts) => ({ kind: 'unban', accounts })),
    made(fc.tuple(accountsOrAll, until), ([all, end]) => ({ kind: 'mute', whom: all, until: end })),
    made(accountsOrAll, (all) => ({ kind: 'unmute', whom: all })),
    made(fc.tuple(whom, role), ([accounts, as]) => ({ kind: 'set-role', accounts, role: as })),
    made(who, ({ account }) => ({ kind: 'transfer-ownership', account })),
    made(role, (least) => ({ kind: 'set-permissions', permissions: { invite: least, 'set-role': least } })),
    made(fc.constantFrom('required', 'optional', 'off'), (encryption) => ({ kind: 'set-encryption', encryption })),
    made(fc.integer({ min: 2, max: 5 }), (epoch) => ({ kind: 'open-epoch', epoch })),
  )
  const steps = fc.array(fc.tuple(who, change, fc.integer({ min: 1, max: HOUR })), { maxLength: 40 })

  test('[P110][P112] what is written is what is read, a saved state goes on as if it had not been, and an owner is left', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const [olga] = people
        if (olga === undefined) throw new Error('nobody')
        const log = foundGroup(olga)
        let carried = log.state
        for (const [actor, what, after] of all) {
          const at = plus(log.now, after)
          const entry = log.entry(actor, what, at)
          expect(read(entry).change).toEqual(what)
          const applied = log.tries(actor, what, at)
          if (!applied.ok) continue
          log.does(actor, what, at)
          const reloaded = loadState(saveState(carried))
          const taken = read(log.entries.at(-1) ?? new Uint8Array())
          const next = applyEntry(reloaded, taken, { verify: verifySignature, position: log.entries.length })
          expect(next.ok).toBe(true)
          if (next.ok) carried = next.state
        }
        expect(carried).toEqual(log.state)
        expect(replay(log.entries)).toEqual(log.state)
        expect([...log.state.members.values()].some((member) => member.role === 'owner')).toBe(true)
        for (const account of log.state.invited.keys()) expect(log.state.members.has(account)).toBe(false)
        for (const account of log.state.requests.keys()) expect(log.state.members.has(account)).toBe(false)
        expect(log.state.epochs.map(({ number }) => number)).toEqual(log.state.epochs.map((_, index) => index + 1))
      }),
      { numRuns: 150 },
    )
  })
})
