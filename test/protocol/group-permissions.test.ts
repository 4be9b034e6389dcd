// Every change by everybody: whom a group's log lets do what.

import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Change, Permission, Role } from '../../src/protocol/groups/change.ts'
import { isMuted, mayDo, mutedAt } from '../../src/protocol/groups/permissions.ts'
import { type Instant, MessageId } from '../../src/shared/ids.ts'
import { creation, DAY, foundGroup, HOUR, invitation, type Log, type Member, makeMember } from './group-log.ts'

const ROLES: readonly Role[] = ['owner', 'admin', 'member']

/** Two of each role, and everybody who is around a group without being in it. */
function garden() {
  const names = ['olga', 'otto', 'ada', 'abe', 'max', 'mia', 'ivy', 'rita', 'bob', 'zoe'] as const
  const people = Object.fromEntries(names.map((name) => [name, makeMember()])) as Record<(typeof names)[number], Member>
  const { olga, otto, ada, abe, max, mia, ivy, rita, bob } = people
  const secretHash = randomBytes(32)
  const log = foundGroup(olga)
  log.takesIn(olga, otto, 'owner')
  for (const admin of [ada, abe]) log.takesIn(olga, admin, 'admin')
  for (const member of [max, mia]) log.takesIn(olga, member)
  log.does(olga, { kind: 'invite', people: [invitation(ivy)], expiresAt: undefined })
  log.does(olga, { kind: 'set-link', link: { secretHash, secret: undefined, expiresAt: undefined } })
  const asks = ({ identityKey }: Member): Change => ({
    kind: 'request-to-join',
    identityKey,
    secretHash,
    note: undefined,
  })
  log.does(rita, asks(rita))
  log.does(olga, { kind: 'ban', accounts: [bob.account], until: undefined })
  const of: Record<Role, readonly [Member, Member]> = { owner: [olga, otto], admin: [ada, abe], member: [max, mia] }
  return { ...people, log, of, asks, secretHash }
}

type Garden = ReturnType<typeof garden>

const outcome = (log: Log, who: Member, change: Change) => {
  const applied = log.tries(who, change)
  return applied.ok ? 'ok' : applied.why
}

const sealed = { algorithm: 2, ciphertext: randomBytes(60), senderKey: new Uint8Array(), session: randomBytes(32) }
const ok = 'ok'
const no = 'not-permitted'

/** What a change does, and what comes of it when an owner, an admin, a member makes it. */
const table: readonly [string, (garden: Garden) => Change, owner: string, admin: string, member: string][] = [
  ['creates it again', ({ olga }) => creation(olga), 'wrong-index', 'wrong-index', 'wrong-index'],
  ['invites a member', ({ zoe }) => invite(invitation(zoe)), ok, ok, no],
  ['invites an admin', ({ zoe }) => invite(invitation(zoe, 'admin')), ok, ok, no],
  ['invites an owner', ({ zoe }) => invite(invitation(zoe, 'owner')), ok, no, no],
  ['invites who is in it', ({ mia }) => invite(invitation(mia)), 'already-member', 'already-member', no],
  ['invites who is banned', ({ bob }) => invite(invitation(bob)), 'banned', 'banned', no],
  ['invites again', ({ ivy }) => invite(invitation(ivy)), ok, ok, no],
  ['accepts', () => ({ kind: 'accept-invitation' }), 'not-invited', 'not-invited', 'not-invited'],
  ['refuses', () => ({ kind: 'refuse-invitation' }), 'not-invited', 'not-invited', 'not-invited'],
  ['withdraws', ({ ivy }) => ({ kind: 'withdraw-invitation', accounts: [ivy.account] }), ok, ok, no],
  [
    'withdraws what is not',
    ({ zoe }) => ({ kind: 'withdraw-invitation', accounts: [zoe.account] }),
    'not-invited',
    'not-invited',
    no,
  ],
  [
    'sets the link',
    () => ({ kind: 'set-link', link: { secretHash: randomBytes(32), secret: sealed, expiresAt: undefined } }),
    ok,
    ok,
    no,
  ],
  ['takes the link away', () => ({ kind: 'set-link', link: undefined }), ok, ok, no],
  ['asks to join', ({ asks, max }) => asks(max), 'already-member', 'already-member', 'already-member'],
  ['approves', ({ rita }) => approve(rita), ok, ok, no],
  ['approves without a request', ({ zoe }) => approve(zoe), 'not-requested', 'not-requested', no],
  ['approves who is invited', ({ ivy }) => approve(ivy), 'not-requested', 'not-requested', no],
  ['rejects', ({ rita }) => ({ kind: 'reject-request', account: rita.account }), ok, ok, no],
  [
    'rejects without a request',
    ({ zoe }) => ({ kind: 'reject-request', account: zoe.account }),
    'not-requested',
    'not-requested',
    no,
  ],
  ['leaves', () => ({ kind: 'leave' }), ok, ok, ok],
  ['removes a stranger', ({ zoe }) => remove(zoe), 'no-such-member', 'no-such-member', no],
  ['bans a stranger', ({ zoe }) => ban(zoe), ok, ok, no],
  ['unbans', ({ bob }) => ({ kind: 'unban', accounts: [bob.account] }), ok, ok, no],
  ['unbans who is not', ({ zoe }) => ({ kind: 'unban', accounts: [zoe.account] }), 'not-banned', 'not-banned', no],
  ['mutes a stranger', ({ zoe }) => mute([zoe]), 'no-such-member', 'no-such-member', no],
  ['mutes everyone', () => mute('everyone'), ok, ok, no],
  ['unmutes everyone', () => ({ kind: 'unmute', whom: 'everyone' }), 'already-so', 'already-so', no],
  ['unmutes who is not', ({ mia }) => ({ kind: 'unmute', whom: [mia.account] }), 'already-so', 'already-so', no],
  ['transfers ownership', ({ max }) => ({ kind: 'transfer-ownership', account: max.account }), ok, no, no],
  [
    'transfers it to a stranger',
    ({ zoe }) => ({ kind: 'transfer-ownership', account: zoe.account }),
    'no-such-member',
    no,
    no,
  ],
  ['sets permissions', () => ({ kind: 'set-permissions', permissions: { send: 'admin' } }), ok, no, no],
  ['sets details', () => ({ kind: 'set-details', details: sealed }), ok, ok, no],
  [
    'sets policies',
    () => ({
      kind: 'set-policies',
      policies: { history: { kind: 'all' }, rotationTime: DAY, rotationMessages: 10 },
    }),
    ok,
    no,
    no,
  ],
  ['switches encryption', () => ({ kind: 'set-encryption', encryption: 'off' }), ok, no, no],
  ['switches it to what it is', () => ({ kind: 'set-encryption', encryption: 'required' }), 'already-so', no, no],
  ['asks for new keys', () => ({ kind: 'request-rotation' }), ok, ok, ok],
  ['opens an epoch', () => ({ kind: 'open-epoch', epoch: 2 }), ok, ok, ok],
  ['skips an epoch', () => ({ kind: 'open-epoch', epoch: 3 }), 'wrong-epoch', 'wrong-epoch', 'wrong-epoch'],
  ['recalls', () => ({ kind: 'recall', messages: [MessageId.parse(randomUUID())] }), ok, ok, no],
  ['deletes the group', () => ({ kind: 'delete-group' }), ok, no, no],
]

function invite(person: ReturnType<typeof invitation>): Change {
  return { kind: 'invite', people: [person], expiresAt: undefined }
}
function approve(who: Member): Change {
  return { kind: 'approve-request', account: who.account, history: { kind: 'none' } }
}
function remove(who: Member): Change {
  return { kind: 'remove', accounts: [who.account] }
}
function ban(who: Member): Change {
  return { kind: 'ban', accounts: [who.account], until: undefined }
}
function mute(whom: Member[] | 'everyone'): Change {
  return {
    kind: 'mute',
    whom: whom === 'everyone' ? 'everyone' : whom.map(({ account }) => account),
    until: undefined,
  }
}

describe('who may do what', () => {
  const around = garden()

  test.each(table)('[P112][G12] somebody %s', (_what, make, ...expected) => {
    const change = make(around)
    const { log, of } = around
    expect(ROLES.map((role) => outcome(log, of[role][0], change))).toEqual(expected)
  })

  test.each(table.filter(([what]) => !/creates|accepts|refuses|asks to join/.test(what)))(
    '[P112][G11] nobody who is no member %s',
    (_what, make) => {
      const { log, ivy, rita, bob, zoe } = around
      for (const who of [ivy, rita, bob, zoe]) expect(outcome(log, who, make(around))).toBe('not-a-member')
    },
  )

  /** What an actor of the first role may do to somebody of the second. */
  test.each(ROLES.flatMap((actor) => ROLES.map((target) => [actor, target] as const)))(
    '[P112][G12] a role above: what an %s may do to an %s',
    (actor, target) => {
      const { log, of } = around
      const [who, whom] = [of[actor][0], of[target][1]]
      const expected = actor === 'member' ? no : actor === 'owner' || target === 'member' ? ok : 'outranked'
      expect(outcome(log, who, remove(whom)), 'remove').toBe(expected)
      expect(outcome(log, who, ban(whom)), 'ban').toBe(expected)
      expect(outcome(log, who, mute([whom])), 'mute').toBe(expected)
      for (const role of ROLES) {
        const mayGive = actor === 'owner' || (actor === 'admin' && role !== 'owner')
        const already = role === target && expected === ok ? 'already-so' : expected
        expect(outcome(log, who, { kind: 'set-role', accounts: [whom.account], role }), `make ${role}`).toBe(
          mayGive ? already : no,
        )
      }
    },
  )

  test('[P112] nobody removes, bans or mutes themselves', () => {
    const { log, olga } = around
    expect(outcome(log, olga, remove(olga))).toBe('not-yourself')
    expect(outcome(log, olga, ban(olga))).toBe('not-yourself')
    expect(outcome(log, olga, mute([olga]))).toBe('not-yourself')
    expect(outcome(log, olga, { kind: 'transfer-ownership', account: olga.account })).toBe('not-yourself')
  })

  test('[P112] one above in a list of several is enough to refuse it all', () => {
    const { log, ada, max, otto } = around
    const both = { kind: 'remove', accounts: [max.account, otto.account] } as const
    expect(outcome(log, ada, both)).toBe('outranked')
  })

  const changes: Record<Exclude<Permission, 'send'>, (garden: Garden) => Change> = {
    invite: ({ zoe }) => invite(invitation(zoe)),
    approve: ({ rita }) => approve(rita),
    remove: ({ mia }) => remove(mia),
    ban: ({ zoe }) => ban(zoe),
    mute: () => mute('everyone'),
    recall: () => ({ kind: 'recall', messages: [MessageId.parse(randomUUID())] }),
    details: () => ({ kind: 'set-details', details: sealed }),
    'set-role': ({ mia }) => ({ kind: 'set-role', accounts: [mia.account], role: 'admin' }),
    policies: () => ({
      kind: 'set-policies',
      policies: { history: { kind: 'none' }, rotationTime: DAY, rotationMessages: 10 },
    }),
  }

  test.each(Object.keys(changes) as (keyof typeof changes)[])(
    '[P112][G12] %s is what owners say it needs',
    (permission) => {
      const here = garden()
      const { log, olga, of } = here
      for (const least of ROLES) {
        log.does(olga, { kind: 'set-permissions', permissions: { [permission]: least } })
        for (const role of ROLES) {
          const may = ROLES.indexOf(role) <= ROLES.indexOf(least)
          const came = outcome(log, of[role][0], changes[permission](here))
          if (may) expect(came, `${role} of ${least}`).not.toBe('not-a-member')
          // A member whom the table lets remove others still cannot remove their like, nor make admins.
          const beyond = role === 'member' && (permission === 'remove' || permission === 'set-role')
          const expected = !may ? no : !beyond ? ok : permission === 'remove' ? 'outranked' : no
          expect(came, `${role}, needs ${least}`).toBe(expected)
          expect(mayDo(log.state, of[role][0].account, permission, log.now)).toBe(may)
        }
      }
    },
  )

  test('[P112][G12] who may send, and who is muted: one, several, all, for a time', () => {
    const { log, olga, ada, max, mia } = garden()
    const speaks = (who: Member, at = log.now) => mayDo(log.state, who.account, 'send', at)
    log.does(ada, { kind: 'mute', whom: [max.account, mia.account], until: (log.now + HOUR) as typeof log.now })
    expect([max, mia, ada, olga].map((who) => speaks(who))).toEqual([false, false, true, true])
    expect(speaks(max, (log.now + HOUR) as typeof log.now)).toBe(true)
    log.does(ada, { kind: 'unmute', whom: [mia.account] })
    expect([max, mia].map((who) => speaks(who))).toEqual([false, true])

    log.does(ada, mute('everyone'))
    expect([max, mia, ada, olga].map((who) => speaks(who))).toEqual([false, false, true, true])
    const late = makeMember()
    log.takesIn(olga, late)
    expect(speaks(late)).toBe(false)
    log.does(olga, mute('everyone'))
    expect([ada, olga].map((who) => speaks(who))).toEqual([false, true])
    expect(outcome(log, ada, { kind: 'unmute', whom: 'everyone' })).toBe('outranked')
    log.does(olga, { kind: 'unmute', whom: 'everyone' })
    expect([max, mia, late, ada].map((who) => speaks(who))).toEqual([true, true, true, true])
    expect(isMuted(log.state, max.account, log.now)).toBe(false)

    log.does(olga, { kind: 'set-permissions', permissions: { send: 'admin' } })
    expect([max, ada, olga].map((who) => speaks(who))).toEqual([false, true, true])
  })

  test('[P112] of two mutes the one that lasts longer says until when', () => {
    const { log, olga, max } = garden()
    const until = () => mutedAt(log.state, max.account, log.now)
    const mutes = (whom: Member[] | 'everyone', time: number | undefined) =>
      log.does(olga, { ...mute(whom), until: time === undefined ? undefined : ((log.now + time) as Instant) } as Change)
    expect(until()).toBeUndefined()
    mutes('everyone', HOUR)
    const hour = until()?.until
    expect(hour).toBeGreaterThan(log.now)
    mutes([max], DAY)
    expect(until()?.until).toBeGreaterThan(hour ?? 0)
    mutes('everyone', undefined)
    expect(until()).toEqual({ until: undefined })
    log.does(olga, { kind: 'unmute', whom: 'everyone' })
    expect(until()).toBeUndefined()
  })

  test('[P112] a group always has an owner', () => {
    const { log, olga, otto, max } = garden()
    log.does(otto, { kind: 'leave' })
    expect(outcome(log, olga, { kind: 'leave' })).toBe('last-owner')
    expect(outcome(log, olga, { kind: 'set-role', accounts: [olga.account], role: 'admin' })).toBe('last-owner')
    log.does(olga, { kind: 'transfer-ownership', account: max.account })
    expect(log.state.members.get(max.account)?.role).toBe('owner')
    expect(log.state.members.get(olga.account)?.role).toBe('admin')
    log.does(olga, { kind: 'leave' })
  })

  test('[P112] nothing follows the end of a group', () => {
    const { log, olga, max, zoe, asks } = garden()
    log.does(olga, { kind: 'delete-group' })
    expect(outcome(log, olga, { kind: 'request-rotation' })).toBe('deleted')
    expect(outcome(log, zoe, asks(zoe))).toBe('deleted')
    expect(mayDo(log.state, max.account, 'send', log.now)).toBe(false)
  })
})
