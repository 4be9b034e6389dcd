// What a window offers to do with the members of a group is what its log takes, and all of that.

import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { mayNotRecallOf, mayWith, mayWithAll } from '../../../src/engine/groups/may.ts'
import type { Change, Role } from '../../../src/protocol/groups/change.ts'
import { MessageId } from '../../../src/shared/ids.ts'
import { foundGroup, type Member, makeMember } from '../../protocol/group-log.ts'

const ROLES: readonly Role[] = ['member', 'admin', 'owner']

/** Two of each role. */
function garden() {
  const [olga, otto, ada, abe, max, mia] = Array.from({ length: 6 }, makeMember)
  if (!olga || !otto || !ada || !abe || !max || !mia) throw new Error('nobody')
  const log = foundGroup(olga)
  log.takesIn(olga, otto, 'owner')
  for (const admin of [ada, abe]) log.takesIn(olga, admin, 'admin')
  for (const member of [max, mia]) log.takesIn(olga, member)
  const of: Record<Role, readonly [Member, Member]> = { owner: [olga, otto], admin: [ada, abe], member: [max, mia] }
  return { log, of, olga, all: [olga, otto, ada, abe, max, mia] }
}

type Garden = ReturnType<typeof garden>

/** Tables that owners may have made of it. */
const tables: readonly [string, (garden: Garden) => void][] = [
  ['as it is at first', () => {}],
  [
    'with everything for members',
    ({ log, olga }) =>
      log.does(olga, {
        kind: 'set-permissions',
        permissions: { remove: 'member', ban: 'member', mute: 'member', recall: 'member', 'set-role': 'member' },
      }),
  ],
  [
    'with everything for owners',
    ({ log, olga }) =>
      log.does(olga, {
        kind: 'set-permissions',
        permissions: { remove: 'owner', ban: 'owner', mute: 'owner', recall: 'owner', 'set-role': 'owner' },
      }),
  ],
  [
    'with all muted by an owner, and one by name',
    ({ log, olga, of }) => {
      log.does(olga, { kind: 'mute', whom: 'everyone', until: undefined })
      log.does(olga, { kind: 'mute', whom: [of.member[1].account], until: undefined })
    },
  ],
  [
    'with all muted by an admin',
    ({ log, of }) => log.does(of.admin[0], { kind: 'mute', whom: 'everyone', until: undefined }),
  ],
]

describe.each(tables)('a group %s', (_name, prepare) => {
  const here = garden()
  prepare(here)
  const { log, of, all } = here
  const takes = (who: Member, change: Change) => log.tries(who, change).ok

  test.each(ROLES.flatMap((role) => ROLES.map((other) => [role, other] as const)))(
    '[G12][P112] what an %s may do with an %s',
    (role, other) => {
      const [who, whom] = [of[role][0], of[other][1]]
      const accounts = [whom.account]
      const { may, mayBecome } = mayWith(log.state, who.account, whom.account)
      expect(may.includes('remove')).toBe(takes(who, { kind: 'remove', accounts }))
      expect(may.includes('ban')).toBe(takes(who, { kind: 'ban', accounts, until: undefined }))
      expect(may.includes('mute')).toBe(takes(who, { kind: 'mute', whom: accounts, until: undefined }))
      expect(may.includes('transfer-ownership')).toBe(takes(who, { kind: 'transfer-ownership', account: whom.account }))
      const becomes = ROLES.filter((next) => takes(who, { kind: 'set-role', accounts, role: next }))
      expect(mayBecome).toEqual(becomes)
    },
  )

  test.each(ROLES)('[G12][P112] what an %s may do with all at once, and with themselves', (role) => {
    const [who] = of[role]
    const mayAll = mayWithAll(log.state, who.account)
    expect(mayAll.includes('mute')).toBe(takes(who, { kind: 'mute', whom: 'everyone', until: undefined }))
    expect(mayAll.includes('unmute')).toBe(takes(who, { kind: 'unmute', whom: 'everyone' }))
    expect(mayWith(log.state, who.account, who.account)).toEqual({ may: [], mayBecome: [] })
  })

  test.each(ROLES)('[P118] whose words an %s cannot take back', (role) => {
    const [who] = of[role]
    const isPermitted = takes(who, { kind: 'recall', messages: [MessageId.parse(randomUUID())] })
    const above = all.filter((one) => {
      const theirs = ROLES.find((each) => of[each].includes(one)) ?? 'owner'
      return one !== who && role !== 'owner' && ROLES.indexOf(theirs) >= ROLES.indexOf(role)
    })
    const expected = isPermitted ? above : all
    expect(new Set(mayNotRecallOf(log.state, who.account))).toEqual(new Set(expected.map(({ account }) => account)))
  })
})
