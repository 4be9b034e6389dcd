// Groups at the relay: the log is appended to by compare-and-swap, what is said goes to whom the log names, and to nobody
// else.

import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Reason, StreamKind } from '../../src/protocol/generated/relay_pb.ts'
import type { Change } from '../../src/protocol/groups/change.ts'
import { DEFAULT_LIMITS } from '../../src/relay/limits.ts'
import { type Instant, uuidToBytes } from '../../src/shared/ids.ts'
import { until } from '../until.ts'
import { addDevice, comeBack, identityKey, join, makePerson, signedList } from './device.ts'
import {
  type At,
  aboutKeys,
  ask,
  invite,
  makeGroup,
  publish,
  readAll,
  readable,
  reasonOf,
  said,
  say,
  sealed,
  texts,
  watch,
} from './group.ts'
import { openRelay } from './open.ts'

type Names = readonly string[]

async function people<Some extends Names>(
  ...names: Some
): Promise<{ relay: Awaited<ReturnType<typeof openRelay>> } & Record<Some[number], At>> {
  const relay = await openRelay()
  const found: Record<string, At> = {}
  for (const name of names) {
    const person = makePerson(name)
    found[name] = { person, line: await join(relay, person) }
  }
  return { relay, ...found } as { relay: typeof relay } & Record<Some[number], At>
}

const linkOf = (secret: Uint8Array, expiresAt?: Instant): Change => ({
  kind: 'set-link',
  link: { secretHash: createHash('sha256').update(secret).digest(), secret: undefined, expiresAt },
})

const request = (who: At, secret: Uint8Array): Change => ({
  kind: 'request-to-join',
  identityKey: identityKey(who.person),
  secretHash: createHash('sha256').update(secret).digest(),
  note: undefined,
})

const sameDevice = ({ person: { account, device } }: At) => ({ account, device })

const removal = (...who: At[]): Change => ({ kind: 'remove', accounts: who.map(({ person }) => person.account) })

describe('the log at the relay', () => {
  test('[P120] two who change it at once: one is first, the other is told, and goes on from there', async () => {
    const { olga, ada } = await people('olga', 'ada')
    const group = await makeGroup(olga)
    await group.takesIn(olga, ada, 'admin')
    const on = group.state
    const answers = await Promise.all([
      group.tries(olga, { kind: 'open-epoch', epoch: 2 }, { on }),
      group.tries(ada, { kind: 'open-epoch', epoch: 2 }, { on }),
    ])
    expect(answers.map(said).toSorted()).toEqual(['entryAppended', 'headMoved'])
    const moved = answers.find((answer) => answer.case === 'headMoved')
    expect(moved?.value).toMatchObject({ index: 3n })
    await group.does(ada, { kind: 'open-epoch', epoch: 3 })
  })

  test('[P120] the same entry again is answered as before', async () => {
    const { olga } = await people('olga')
    const group = await makeGroup(olga)
    const first = await readAll(olga, group)
    const value = { group: uuidToBytes(group.group), entry: first[0]?.content ?? new Uint8Array() }
    const again = await olga.line.expect({ case: 'appendEntry', value }, 'entryAppended')
    expect(again).toMatchObject({ position: first[0]?.position, duplicate: true, timeMs: first[0]?.timeMs })
    await group.does(olga, { kind: 'request-rotation' })
    expect(await olga.line.expect({ case: 'appendEntry', value }, 'entryAppended')).toMatchObject({ duplicate: true })
    expect(await readAll(olga, group)).toHaveLength(2)
  })

  test('[P120][P112][G12] what a role does not allow, or nobody signed, is not appended', async () => {
    const { olga, max, eve } = await people('olga', 'max', 'eve')
    const group = await makeGroup(olga)
    await group.takesIn(olga, max)
    expect(reasonOf(await group.tries(max, removal(olga)))).toBe('NOT_PERMITTED')
    expect(reasonOf(await group.tries(max, { kind: 'delete-group' }))).toBe('NOT_PERMITTED')
    expect(reasonOf(await group.tries(max, { kind: 'set-encryption', encryption: 'off' }))).toBe('NOT_PERMITTED')
    expect(reasonOf(await group.tries(olga, { kind: 'set-encryption', encryption: 'required' }))).toBe('ENTRY_INVALID')
    // Somebody else's entry, and one for somebody else's key.
    expect(reasonOf(await group.tries({ person: olga.person, line: max.line }, removal(max)))).toBe('ENTRY_INVALID')
    const forged = { person: { ...olga.person, identity: eve.person.identity }, line: olga.line }
    expect(reasonOf(await group.tries(forged, removal(max)))).toBe('ENTRY_INVALID')
    await expect(makeGroup(eve, { identityKey: identityKey(olga.person) })).rejects.toThrow('ENTRY_INVALID')
    // A key of one's own, but not the one the relay has pinned.
    await expect(makeGroup({ person: makePerson('eve', sameDevice(eve)), line: eve.line })).rejects.toThrow(
      'ENTRY_INVALID',
    )
    expect(await readAll(olga, group)).toHaveLength(3)
  })

  test('[P120] an entry is dated by a clock that is right, more or less', async () => {
    const { olga } = await people('olga')
    const group = await makeGroup(olga)
    const off = (minutes: number) => (Date.now() + minutes * 60_000) as Instant
    const asks = { kind: 'request-rotation' } as const
    expect(reasonOf(await group.tries(olga, asks, { at: off(6) }))).toBe('CLOCK_SKEW')
    expect(reasonOf(await group.tries(olga, asks, { at: off(-6) }))).toBe('CLOCK_SKEW')
    expect(said(await group.tries(olga, asks, { at: off(-4) }))).toBe('entryAppended')
  })

  test('[P120][P123] whoever has nothing to do with a group is not told that there is one', async () => {
    const { olga, eve } = await people('olga', 'eve')
    const group = await makeGroup(olga)
    const none = { group: (await makeGroup(eve)).group.replace(/^......../, '00000000') as typeof group.group }
    for (const asked of [group, none]) {
      expect(reasonOf(await ask(eve, asked))).toBe('NO_SUCH_GROUP')
      expect((await watch(eve, asked)).standings[0]?.served).toBe(false)
    }
    expect(reasonOf(await group.tries(eve, { kind: 'leave' }))).toBe('NO_SUCH_GROUP')
    expect(reasonOf(await group.tries(eve, { kind: 'accept-invitation' }))).toBe('NO_SUCH_GROUP')
    expect(reasonOf(await group.tries(eve, request(eve, randomBytes(32))))).toBe('NO_SUCH_GROUP')
    expect(reasonOf(await publish(eve, group, sealed(eve, group, '<hello>')))).toBe('NO_SUCH_GROUP')
  })
})

describe('joining at the relay', () => {
  test('[P123][G3] whoever is invited reads the log, and only that, until they have accepted', async () => {
    const { olga, ivy } = await people('olga', 'ivy')
    const group = await makeGroup(olga)
    await say(olga, group, '<before>')
    await group.does(olga, invite([ivy], 'member', { kind: 'none' }))
    expect(texts(await readAll(ivy, group))).toEqual(['#', '#'])
    expect(reasonOf(await publish(ivy, group, sealed(ivy, group, '<too early>')))).toBe('NO_SUCH_GROUP')
    await group.does(ivy, { kind: 'accept-invitation' })
    await group.does(olga, { kind: 'open-epoch', epoch: 2 })
    await say(olga, group, '<after>')
    expect(texts(await readAll(ivy, group))).toEqual(['#', '#', '#', '#', 'after'])
    expect(texts(await readAll(olga, group))).toEqual(['#', 'before', '#', '#', '#', 'after'])
  })

  test('[P123][G2] who knows the link reads the log and asks; who is rejected reads that they are', async () => {
    const { olga, rita, rolf, eve } = await people('olga', 'rita', 'rolf', 'eve')
    const secret = randomBytes(32)
    const group = await makeGroup(olga)
    await group.does(olga, linkOf(secret))
    expect(reasonOf(await ask(rita, group, { linkSecret: randomBytes(32) }))).toBe('NO_SUCH_GROUP')
    expect((await ask(rita, group, { linkSecret: secret })).case).toBe('streamPage')
    // The hash of the secret, which members could read out of the log, is not enough.
    expect(reasonOf(await group.tries(eve, request(eve, secret)))).toBe('NO_SUCH_GROUP')
    const approve: Change = { kind: 'approve-request', account: rita.person.account, history: { kind: 'none' } }
    expect(reasonOf(await group.tries(olga, approve))).toBe('ENTRY_INVALID')
    await group.does(rita, request(rita, secret), secret)
    await group.does(rolf, request(rolf, secret), secret)
    await group.does(olga, approve)
    const rejected = await group.does(olga, { kind: 'reject-request', account: rolf.person.account })
    await group.does(olga, { kind: 'set-link', link: undefined })
    const seen = await readAll(rolf, group)
    expect(seen.at(-1)?.position).toBe(rejected)
    expect(reasonOf(await ask(rolf, group, { after: rejected }))).toBe('NO_SUCH_GROUP')
    expect(reasonOf(await ask(eve, group, { linkSecret: secret }))).toBe('NO_SUCH_GROUP')
    expect((await readAll(rita, group)).length).toBe(seen.length + 1)
  })

  test('[P123] a link that is over, or whoever is banned, opens nothing', async () => {
    const { olga, bob } = await people('olga', 'bob')
    const secret = randomBytes(32)
    const group = await makeGroup(olga)
    await group.does(olga, linkOf(secret))
    expect((await ask(bob, group, { linkSecret: secret })).case).toBe('streamPage')
    await group.does(olga, { kind: 'ban', accounts: [bob.person.account], until: undefined })
    expect(reasonOf(await ask(bob, group, { linkSecret: secret }))).toBe('NO_SUCH_GROUP')
    await group.does(olga, { kind: 'unban', accounts: [bob.person.account] })
    await group.does(olga, linkOf(secret, (Date.now() - 1) as Instant))
    expect(reasonOf(await ask(bob, group, { linkSecret: secret }))).toBe('NO_SUCH_GROUP')
  })

  test('[P123][D7] of what was before, a new member is served what they were granted', async () => {
    const { olga, none, since, all } = await people('olga', 'none', 'since', 'all')
    const group = await makeGroup(olga, {
      policies: { history: { kind: 'all' }, rotationTime: 86_400_000, rotationMessages: 100 },
    })
    await say(olga, group, '<old>')
    await until(() => Date.now() > group.state.head.at + 5, 'a moment to pass')
    const moment = Date.now() as Instant
    await until(() => Date.now() > moment, 'a moment to pass')
    await say(olga, group, '<young>')
    await group.takesIn(olga, since, 'member', { kind: 'since', since: moment })
    await group.takesIn(olga, all, 'member', { kind: 'all' })
    await group.takesIn(olga, none, 'member', { kind: 'none' })
    const heard = async (who: At) => texts(await readAll(who, group)).filter((text) => text !== '#')
    expect(await heard(none)).toEqual([])
    expect(await heard(since)).toEqual(['young'])
    expect(await heard(all)).toEqual(['old', 'young'])
  })
})

describe('saying something', () => {
  test('[P121] it is taken once, in one order with the log, for all members and all their devices', async () => {
    const { relay, olga, max } = await people('olga', 'max')
    const group = await makeGroup(olga)
    await group.takesIn(olga, max)
    const message = randomBytes(16)
    const content = sealed(olga, group, '<once>')
    const first = await publish(olga, group, content, StreamKind.SEALED, message)
    const again = await publish(olga, group, content, StreamKind.SEALED, message)
    if (first.case !== 'published' || again.case !== 'published') throw new Error('not taken')
    expect(first.value.duplicate).toBe(false)
    expect(again.value).toEqual({ ...first.value, duplicate: true })
    await say(max, group, '<then>')
    const second = addDevice(max.person, 2)
    await max.line.expect(
      { case: 'publishDeviceList', value: { deviceList: signedList(max.person) } },
      'deviceListPublished',
    )
    const other = { person: second, line: await comeBack(relay, second) }
    const expected = ['#', '#', '#', 'once', 'then']
    for (const who of [olga, max, other]) expect(texts(await readAll(who, group))).toEqual(expected)
    expect(texts(await readAll(other, group, 2))).toEqual(expected)
    const [item] = (await readAll(max, group)).slice(-2)
    expect(item).toMatchObject({ kind: StreamKind.SEALED, senderDevice: 1, position: first.value.position })
    expect(Buffer.from(item?.sender ?? []).equals(Buffer.from(uuidToBytes(olga.person.account)))).toBe(true)
  })

  test('[P121][G8][G7] readable where the log allows it, sealed where it does not forbid it', async () => {
    const { olga } = await people('olga')
    const group = await makeGroup(olga)
    const message = randomBytes(16)
    const open = () => publish(olga, group, readable(olga, group, message, '<open>'), StreamKind.READABLE, message)
    const shut = () => publish(olga, group, sealed(olga, group, '<shut>'))
    expect(reasonOf(await open())).toBe('ENCRYPTION_REQUIRED')
    expect(said(await shut())).toBe('published')
    await group.does(olga, { kind: 'set-encryption', encryption: 'optional' })
    expect([said(await open()), said(await shut())]).toEqual(['published', 'published'])
    await group.does(olga, { kind: 'set-encryption', encryption: 'off' })
    expect([said(await open()), reasonOf(await shut())]).toEqual(['published', 'ENCRYPTION_OFF'])
    await group.does(olga, { kind: 'set-encryption', encryption: 'required' })
    const fresh = randomBytes(16)
    const late = await publish(olga, group, readable(olga, group, fresh, '<late>'), StreamKind.READABLE, fresh)
    expect(reasonOf(late)).toBe('ENCRYPTION_REQUIRED')
  })

  test('[P121][G5] nothing is taken under an epoch that is over, or that somebody has left', async () => {
    const { olga, max, mia } = await people('olga', 'max', 'mia')
    const group = await makeGroup(olga)
    for (const who of [max, mia]) await group.takesIn(olga, who)
    expect(said(await publish(max, group, sealed(max, group, '<first>', 1)))).toBe('published')
    const message = randomBytes(16)
    const before = sealed(max, group, '<in time>', 1)
    await publish(max, group, before, StreamKind.SEALED, message)
    await group.does(mia, { kind: 'leave' })
    expect(reasonOf(await publish(max, group, sealed(max, group, '<too late>', 1)))).toBe('EPOCH_OVER')
    expect(reasonOf(await publish(max, group, sealed(max, group, '<too early>', 2)))).toBe('EPOCH_OVER')
    // What was taken once stays taken.
    expect(await publish(max, group, before, StreamKind.SEALED, message)).toMatchObject({
      case: 'published',
      value: { duplicate: true },
    })
    await group.does(max, { kind: 'open-epoch', epoch: 2 })
    expect(reasonOf(await publish(olga, group, sealed(olga, group, '<late>', 1)))).toBe('EPOCH_OVER')
    expect(said(await publish(olga, group, sealed(olga, group, '<now>', 2)))).toBe('published')
    expect(texts(await readAll(mia, group)).filter((text) => text !== '#')).toEqual(['first', 'in time'])
  })

  test('[P121][G12] whoever is muted, or may not send, does not; asking for keys they still may', async () => {
    const { olga, max } = await people('olga', 'max')
    const group = await makeGroup(olga)
    await group.takesIn(olga, max)
    const tries = async () => said(await publish(max, group, sealed(max, group, '<psst>')))
    await group.does(olga, { kind: 'mute', whom: [max.person.account], until: undefined })
    expect(await tries()).toBe('NOT_PERMITTED')
    expect(said(await publish(max, group, aboutKeys(StreamKind.SOLICITATION), StreamKind.SOLICITATION))).toBe(
      'published',
    )
    await group.does(olga, { kind: 'unmute', whom: [max.person.account] })
    expect(await tries()).toBe('published')
    await group.does(olga, { kind: 'mute', whom: 'everyone', until: undefined })
    expect(await tries()).toBe('NOT_PERMITTED')
    await group.does(olga, { kind: 'unmute', whom: 'everyone' })
    await group.does(olga, { kind: 'set-permissions', permissions: { send: 'admin' } })
    expect(await tries()).toBe('NOT_PERMITTED')
    await say(olga, group, '<announcement>')
  })

  test('[P121][G11] nothing is said in another’s name, and keys are asked for by members only', async () => {
    const { relay, olga, max, eve } = await people('olga', 'max', 'eve')
    const group = await makeGroup(olga, { encryption: 'optional' })
    await group.takesIn(olga, max)
    for (const kind of [StreamKind.SOLICITATION, StreamKind.LEASE, StreamKind.FULFILLED])
      expect(reasonOf(await publish(eve, group, aboutKeys(kind), kind))).toBe('NO_SUCH_GROUP')
    const message = randomBytes(16)
    const asOlga = { person: olga.person, line: max.line }
    const forgeries: [Uint8Array, StreamKind][] = [
      [sealed(asOlga, group, '<not mine>'), StreamKind.SEALED],
      [readable(asOlga, group, message, '<not mine>'), StreamKind.READABLE],
      [readable(max, group, randomBytes(16), '<another id>'), StreamKind.READABLE],
      [readable(max, group, message, '<elsewhere>', { group: randomBytes(16) }), StreamKind.READABLE],
      [readable(max, group, message, '<sealed?>', { session: randomBytes(16) }), StreamKind.READABLE],
      [aboutKeys(StreamKind.SOLICITATION, 101), StreamKind.SOLICITATION],
      [aboutKeys(StreamKind.LEASE, 0), StreamKind.LEASE],
      [sealed(max, group, '<x>'), StreamKind.ENTRY],
    ]
    for (const [content, kind] of forgeries) {
      const line = await comeBack(relay, max.person)
      expect(reasonOf(await publish({ ...max, line }, group, content, kind, message))).toBe('MALFORMED')
    }
    expect(texts(await readAll(olga, group))).toEqual(['#', '#', '#'])
  })

  test('[P126] one account publishes only so fast', async () => {
    const relay = await openRelay({
      limits: {
        ...DEFAULT_LIMITS,
        publications: { burst: 3, perSecond: 1 },
      },
    })
    const person = makePerson('olga')
    const olga = { person, line: await join(relay, person) }
    const group = await makeGroup(olga)
    for (const text of ['<1>', '<2>', '<3>']) await say(olga, group, text)
    const refused = await publish(olga, group, sealed(olga, group, '<4>'))
    expect(refused).toMatchObject({ case: 'refused', value: { reason: Reason.TOO_MANY_REQUESTS } })
    expect(refused.case === 'refused' && refused.value.retryAfterMs).toBeGreaterThan(0)
  })
})

describe('who is gone', () => {
  test('[P123] whoever was removed is served up to their removal, and nothing from then on', async () => {
    const { olga, max } = await people('olga', 'max')
    const group = await makeGroup(olga)
    await group.takesIn(olga, max)
    await say(olga, group, '<still here>')
    await watch(max, group)
    const removed = await group.does(olga, removal(max))
    await group.does(olga, { kind: 'open-epoch', epoch: 2 })
    await say(olga, group, '<behind their back>')
    expect(reasonOf(await publish(max, group, sealed(max, group, '<still here?>')))).toBe('NO_SUCH_GROUP')
    const seen = await readAll(max, group)
    expect(texts(seen)).toEqual(['#', '#', '#', 'still here', '#'])
    expect(seen.at(-1)?.position).toBe(removed)
    expect(reasonOf(await ask(max, group, { after: removed }))).toBe('NO_SUCH_GROUP')
    expect((await watch(max, group)).standings[0]?.served).toBe(false)
    // Back again: what was said meanwhile is not theirs, unless it is granted.
    await group.takesIn(olga, max, 'member', { kind: 'none' })
    await group.does(olga, { kind: 'open-epoch', epoch: 3 })
    await say(olga, group, '<welcome>')
    expect(texts(await readAll(max, group)).filter((text) => text !== '#')).toEqual(['still here', 'welcome'])
  })

  test('[P123][G12] a deleted group is there for nobody; its members read how it ended', async () => {
    const { olga, max, eve } = await people('olga', 'max', 'eve')
    const group = await makeGroup(olga)
    await group.takesIn(olga, max)
    await say(olga, group, '<canary>')
    const ended = await group.does(olga, { kind: 'delete-group' })
    for (const who of [olga, max]) {
      expect((await watch(who, group)).standings[0]?.served).toBe(false)
      expect(reasonOf(await publish(who, group, sealed(who, group, '<anybody?>')))).toBe('NO_SUCH_GROUP')
      expect(texts(await readAll(who, group))).toEqual(['#', '#', '#', '#'])
      expect(reasonOf(await ask(who, group, { after: ended }))).toBe('NO_SUCH_GROUP')
    }
    expect(reasonOf(await group.tries(max, { kind: 'leave' }))).toBe('NO_SUCH_GROUP')
    expect(reasonOf(await ask(eve, group))).toBe('NO_SUCH_GROUP')
  })
})

describe('watching', () => {
  const receive = async ({ line }: At) => {
    const { after, items } = await line.pushed('streamGrew')
    return { after, texts: texts(items), positions: items.map(({ position }) => position) }
  }

  test('[P125] what comes into a stream is pushed to whoever watches it, without a hole', async () => {
    const { olga, max } = await people('olga', 'max')
    const group = await makeGroup(olga)
    await group.takesIn(olga, max)
    const { standings } = await watch(max, group)
    const [standing] = standings
    expect(standing).toMatchObject({ served: true, entries: 3n })
    let upTo = standing?.lastPosition
    for (const text of ['one', 'two']) {
      await say(olga, group, `<${text}>`)
      const grew = await receive(max)
      expect(grew).toMatchObject({ after: upTo, texts: [text] })
      upTo = grew.positions.at(-1)
    }
    await group.does(olga, { kind: 'request-rotation' })
    expect(await receive(max)).toMatchObject({ after: upTo, texts: ['#'] })
    // Each watch replaces the one before.
    await watch(max)
    await group.does(olga, { kind: 'open-epoch', epoch: 2 })
    expect(max.line.waiting('streamGrew')).toBe(0)
  })

  test('[P125] many at once come in order, each once', async () => {
    const { olga, max } = await people('olga', 'max')
    const group = await makeGroup(olga)
    await group.takesIn(olga, max)
    const { standings } = await watch(max, group)
    await Promise.all(
      Array.from({ length: 60 }, (_, number) => say(number % 2 === 0 ? olga : max, group, `<${number}>`)),
    )
    const heard: string[] = []
    for (let upTo = standings[0]?.lastPosition; heard.length < 60; ) {
      const grew = await receive(max)
      expect(grew.after).toBe(upTo)
      heard.push(...grew.texts)
      upTo = grew.positions.at(-1)
    }
    expect(heard.map(Number).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, number) => number))
    expect(heard).toEqual(texts(await readAll(max, group)).filter((text) => text !== '#'))
  })

  test('[P125][P123] whoever is removed is pushed their removal, and nothing behind it', async () => {
    const { olga, max } = await people('olga', 'max')
    const group = await makeGroup(olga)
    await group.takesIn(olga, max)
    await watch(max, group)
    await watch(olga, group)
    await group.does(olga, removal(max))
    await group.does(olga, { kind: 'open-epoch', epoch: 2 })
    await say(olga, group, '<behind their back>')
    expect((await receive(max)).texts).toEqual(['#'])
    // And told to read how it came about.
    expect((await receive(max)).texts).toEqual([])
    const heard: string[] = []
    while (heard.length < 3) heard.push(...(await receive(olga)).texts)
    expect(heard).toEqual(['#', '#', 'behind their back'])
    expect(max.line.waiting('streamGrew')).toBe(0)
  })

  test('[P125][P123] whoever is invited is told of entries, and pushed all from the moment they are in', async () => {
    const { olga, ivy } = await people('olga', 'ivy')
    const group = await makeGroup(olga)
    await group.does(olga, invite([ivy], 'member', { kind: 'none' }))
    expect((await watch(ivy, group)).standings[0]).toMatchObject({ served: true })
    await say(olga, group, '<not for her>')
    await group.does(olga, linkOf(randomBytes(32)))
    expect((await receive(ivy)).texts).toEqual([])
    await group.does(ivy, { kind: 'accept-invitation' })
    expect((await receive(ivy)).texts).toEqual([])
    await group.does(olga, { kind: 'open-epoch', epoch: 2 })
    await say(olga, group, '<for her>')
    const heard: string[] = []
    while (heard.length < 2) heard.push(...(await receive(ivy)).texts)
    expect(heard).toEqual(['#', 'for her'])
  })

  test('[P125] who does not take what is pushed is told where to read, and holds up nobody', async () => {
    const { olga, max, slow } = await people('olga', 'max', 'slow')
    const group = await makeGroup(olga)
    for (const who of [max, slow]) await group.takesIn(olga, who)
    await watch(max, group)
    await watch(slow, group)
    slow.line.socket.pause()
    const large = `<${'x'.repeat(60_000)}>`
    const many = 120
    for (let number = 0; number < many; number++) {
      await say(olga, group, large)
      if (number % 50 === 49) await group.does(olga, { kind: 'open-epoch', epoch: Math.floor(number / 50) + 2 })
      await receive(max)
    }
    slow.line.socket.resume()
    await until(async () => slow.line.waiting('streamGrew') > 0, 'something to arrive')
    const pushes = []
    do pushes.push(await receive(slow))
    while (pushes.at(-1)?.texts.length !== 0)
    expect(pushes.length).toBeLessThan(many)
    const items = await readAll(slow, group)
    expect(items.filter(({ kind }) => kind === StreamKind.SEALED)).toHaveLength(many)
    await say(olga, group, '<and on>')
    expect((await receive(slow)).texts).toEqual(['and on'])
  })
})

describe('what the relay sees', () => {
  test('of a group: how much, by whom, how large, and first bytes; for its members', async () => {
    const { olga, max, eve } = await people('olga', 'max', 'eve')
    const group = await makeGroup(olga)
    await group.takesIn(olga, max)
    await say(olga, group, '<canary>')
    const holdings = (who: At) =>
      who.line.expect(
        { case: 'showHoldings', value: { recipients: [], groups: [uuidToBytes(group.group)] } },
        'holdings',
      )
    const { streams } = await holdings(max)
    expect(streams).toMatchObject([{ entries: 3, members: 2, items: 1 }])
    const [newest] = streams[0]?.newest ?? []
    expect(newest).toMatchObject({ kind: StreamKind.SEALED, senderDevice: 1 })
    expect(newest?.firstBytes).toHaveLength(32)
    expect((await holdings(eve)).streams).toEqual([])
  })
})
