// An evil relay and the log of a group: what it shows does not hold together, wherever it is not what members signed. What a
// messenger does then is another story; here is what it goes by.

import { randomBytes } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { verifySignature } from '../../src/engine/signal/verify.ts'
import { type StreamItem, StreamKind } from '../../src/protocol/generated/relay_pb.ts'
import { applyEntry } from '../../src/protocol/groups/apply.ts'
import { buildEntry } from '../../src/protocol/groups/build.ts'
import type { Change } from '../../src/protocol/groups/change.ts'
import { readEntry } from '../../src/protocol/groups/read.ts'
import type { GroupState } from '../../src/protocol/groups/state.ts'
import type { Instant } from '../../src/shared/ids.ts'
import { signedBy } from '../protocol/group-log.ts'
import { join, makePerson } from '../relay/device.ts'
import {
  type At,
  invite,
  makeGroup,
  publish,
  readAll,
  readable,
  reasonOf,
  say,
  sealed,
  texts,
  watch,
} from '../relay/group.ts'
import { openRelay } from '../relay/open.ts'
import { until } from '../until.ts'
import { EvilRelay } from './evil-relay.ts'
import { claimsEncryptionOff, forks, keepsDelivering, leavesOut, rollsBack, says, slipsIn } from './group-misdeeds.ts'

async function behindAnEvilRelay() {
  const honest = await openRelay()
  const evil = await EvilRelay.before(() => ({ url: honest.url }))
  onTestFinished(() => evil.close())
  const enter = async (name: string): Promise<At> => {
    const person = makePerson(name)
    return { person, line: await join({ url: evil.address().url }, person) }
  }
  const [olga, max, eve] = [await enter('olga'), await enter('max'), await enter('eve')]
  const group = await makeGroup(olga)
  await group.takesIn(olga, max)
  await group.does(olga, invite([eve]))
  return { evil, group, olga, max, eve }
}

/** As every member judges it. */
function judge(items: readonly StreamItem[]): { state: GroupState | undefined; why?: string } {
  let state: GroupState | undefined
  for (const { kind, content } of items) {
    if (kind !== StreamKind.ENTRY) continue
    const read = readEntry(content)
    const applied = read.ok ? applyEntry(state, read.entry, { verify: verifySignature }) : read
    if (!applied.ok) return { state, why: applied.why }
    state = applied.state
  }
  return { state }
}

const removal = ({ person }: At): Change => ({ kind: 'remove', accounts: [person.account] })

test('[P111] a member that the relay adds or removes by itself is in no log that holds together', async () => {
  const { evil, group, olga, max, eve } = await behindAnEvilRelay()
  const by = { actor: olga.person.account, device: olga.person.device, at: Date.now() as Instant }
  const joins = { ...by, actor: eve.person.account }
  const { state } = group
  for (const [forged, why] of [
    [signedBy(eve.person, buildEntry(state, by, removal(max))), 'bad-signature'],
    [
      signedBy(eve.person, buildEntry(state, by, { kind: 'transfer-ownership', account: max.person.account })),
      'bad-signature',
    ],
    [
      signedBy(eve.person, buildEntry(state, joins, { kind: 'transfer-ownership', account: eve.person.account })),
      'not-a-member',
    ],
  ] as const) {
    const stop = evil.begin(slipsIn(group.group, max.person.account, 3, forged))
    expect(judge(await readAll(max, group)).why).toBe(why)
    expect(judge(await readAll(olga, group)).why).toBeUndefined()
    stop()
  }
  expect(judge(await readAll(max, group)).why).toBeUndefined()
})

test('[P110] a removal that is left out, and a place that is shown twice over, break the chain', async () => {
  const { evil, group, olga, max } = await behindAnEvilRelay()
  await group.does(olga, { kind: 'request-rotation' })
  const before = group.state
  await group.does(olga, { kind: 'open-epoch', epoch: 2 })
  await group.does(olga, { kind: 'request-rotation' })
  const stop = evil.begin(leavesOut(group.group, max.person.account, 5))
  expect(judge(await readAll(max, group)).why).toBe('wrong-index')
  stop()
  // The owner has signed another entry for that place, which the relay kept for Max alone: what follows does not fit it.
  const by = { actor: olga.person.account, device: olga.person.device, at: Date.now() as Instant }
  const other = signedBy(olga.person, buildEntry(before, by, { kind: 'set-encryption', encryption: 'off' }))
  const stopForking = evil.begin(forks(group.group, max.person.account, 5, other))
  expect(judge(await readAll(max, group)).why).toBe('wrong-chain')
  stopForking()
})

test('[P110] a log that is rolled back is shorter than it was', async () => {
  const { evil, group, olga, max } = await behindAnEvilRelay()
  await group.does(olga, { kind: 'request-rotation' })
  const known = judge(await readAll(max, group)).state?.head.index
  const stop = evil.begin(rollsBack(group.group, max.person.account, 3))
  expect(judge(await readAll(max, group)).state?.head.index).toBe(3)
  expect((await watch(max, group)).standings[0]?.entries).toBe(4n)
  expect(known).toBe(4)
  stop()
})

test('[P121][G8] that encryption is off is said by the relay alone', async () => {
  const { evil, group, olga, max } = await behindAnEvilRelay()
  const stop = evil.begin(claimsEncryptionOff(group.group))
  expect(reasonOf(await publish(olga, group, sealed(olga, group, '<secret>')))).toBe('ENCRYPTION_OFF')
  stop()
  await say(olga, group, '<secret>')
  const stopSaying = evil.begin(
    says(group.group, max.person.account, StreamKind.READABLE, readable(olga, group, randomBytes(16), '<forged>')),
  )
  const items = await readAll(max, group)
  expect(texts(items).at(-1)).toBe('forged')
  expect(judge(items)).toMatchObject({ state: { encryption: { mode: 'required' } } })
  stopSaying()
})

test('[P123] a relay that goes on delivering to whoever was removed gives them ciphertext of an epoch they have no key of', async () => {
  const { evil, group, olga, max } = await behindAnEvilRelay()
  await watch(max, group)
  await watch(olga, group)
  const misdeed = keepsDelivering(evil, group.group, max.person.account)
  evil.begin(misdeed)
  await group.does(olga, removal(max))
  await group.does(olga, { kind: 'open-epoch', epoch: 2 })
  await say(olga, group, '<behind their back>')
  const heard: StreamItem[] = []
  await until(async () => {
    while (max.line.waiting('streamGrew') > 0) heard.push(...(await max.line.pushed('streamGrew')).items)
    return texts(heard).includes('behind their back')
  }, 'what was not for them to arrive')
  expect(misdeed.count).toBeGreaterThan(0)
  expect(texts(heard)).toEqual(['#', '#', 'behind their back'])
})
