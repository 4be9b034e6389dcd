// A relay is killed while groups are busy, alone or one of two: nothing that was accepted is lost, nothing comes twice,
// and the log holds together.

import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { verifySignature } from '../../src/engine/signal/verify.ts'
import { type StreamItem, StreamKind } from '../../src/protocol/generated/relay_pb.ts'
import { applyEntry } from '../../src/protocol/groups/apply.ts'
import type { Change } from '../../src/protocol/groups/change.ts'
import { readEntry } from '../../src/protocol/groups/read.ts'
import type { GroupState } from '../../src/protocol/groups/state.ts'
import { comeBack, join, makePerson, type Person } from './device.ts'
import { type At, makeGroup, publish, type RelayGroup, readAll, sealed } from './group.ts'
import { temporaryFolder } from './open.ts'
import { postgresForThisFile } from './postgres.ts'
import { type RelayProcess, startRelay } from './process.ts'

const SPEAKERS = 4
/** Others than who speaks: of two connections of one device the newer one would end the older one. */
const CHANGERS = 2
/** From each. */
const TEXTS = 15
const CHANGES = 12

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** The relays that are up, preferred first; one that is started again is another one. */
type Relays = () => readonly RelayProcess[]

/** As a device does: to the first relay that lets it in, again whenever it is cut off, until `work` is done. */
async function staying(relays: Relays, person: Person, work: (at: At) => Promise<void>): Promise<void> {
  for (;;) {
    for (const relay of relays()) {
      try {
        return await work({ person, line: await comeBack(relay, person) })
      } catch {
        // Gone, or going: to the other one, or to the one that comes after it.
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function replay(items: readonly StreamItem[]): { state: GroupState; changes: Change[] } {
  let state: GroupState | undefined
  const changes: Change[] = []
  for (const { kind, content, position } of items) {
    if (kind !== StreamKind.ENTRY) continue
    const read = readEntry(content)
    if (!read.ok) throw new Error(read.why)
    const applied = applyEntry(state, read.entry, { verify: verifySignature, position: Number(position) })
    if (!applied.ok) throw new Error(applied.why)
    state = applied.state
    changes.push(read.entry.change)
  }
  if (state === undefined) throw new Error('a log without entries')
  return { state, changes }
}

/** Each says what they have to say, in order, and two change the log beside; all again and again until it is accepted. */
async function busy(relays: (index: number) => Relays) {
  const first = relays(0)()[0]
  if (first === undefined) throw new Error('no relay')
  const people = Array.from({ length: SPEAKERS + CHANGERS }, (_, index) => makePerson(`member${index}`))
  const [owner, ...others] = await Promise.all(
    people.map(async (person) => ({ person, line: await join(first, person) })),
  )
  if (owner === undefined) throw new Error('nobody')
  const group = await makeGroup(owner)
  for (const other of others) await group.takesIn(owner, other, 'admin')
  for (const { line } of [owner, ...others]) await line.hangUp()

  const accepted = new Map<string, bigint>()
  const speaking = people.slice(0, SPEAKERS).map((person, index) => {
    const left = Array.from({ length: TEXTS }, (_, number) => ({
      message: randomBytes(16),
      text: `<${index} ${number}>`,
    }))
    return staying(relays(index), person, async (at) => {
      for (let next = left[0]; next !== undefined; next = left[0]) {
        const answered = await publish(at, group, sealed(at, group, next.text, 1), StreamKind.SEALED, next.message)
        if (answered.case !== 'published') throw new Error('not taken')
        accepted.set(next.text, answered.value.position)
        left.shift()
      }
    })
  })
  const hashes = Array.from({ length: CHANGERS * CHANGES }, () => randomBytes(32))
  const changing = people.slice(SPEAKERS).map((person, which) => {
    const left = hashes.filter((_, index) => index % CHANGERS === which)
    return staying(relays(which), person, async (at) => {
      for (let next = left[0]; next !== undefined; next = left[0]) {
        await changeLink(at, group, next, accepted)
        left.shift()
      }
    })
  })
  await Promise.all([...speaking, ...changing])
  return { people, group, accepted, hashes }
}

/** On top of what others do, and only once, though an answer may be lost. */
async function changeLink(at: At, group: RelayGroup, secretHash: Uint8Array, accepted: Map<string, bigint>) {
  for (;;) {
    const { state, changes } = replay(await readAll(at, group))
    const isThere = changes.some((change) => change.kind === 'set-link' && hashOf(change) === hex(secretHash))
    if (isThere) return
    const change: Change = { kind: 'set-link', link: { secretHash, secret: undefined, expiresAt: undefined } }
    const answered = await group.tries(at, change, { on: state })
    if (answered.case === 'entryAppended') return void accepted.set(hex(secretHash), answered.value.position)
    if (answered.case !== 'headMoved') throw new Error('not taken')
  }
}

function hashOf(change: Change): string | undefined {
  return change.kind === 'set-link' && change.link ? hex(change.link.secretHash) : undefined
}

async function expectAllThere(
  relay: RelayProcess,
  { people, group, accepted, hashes }: Awaited<ReturnType<typeof busy>>,
) {
  const [owner] = people
  if (owner === undefined) throw new Error('nobody')
  const items = await readAll({ person: owner, line: await comeBack(relay, owner) }, group)
  const { changes } = replay(items)
  expect(changes.flatMap((change) => hashOf(change) ?? []).toSorted()).toEqual(hashes.map(hex).toSorted())
  const positions = items.map(({ position }) => position)
  expect(positions).toEqual([...new Set(positions)].toSorted((a, b) => Number(a - b)))
  const texts = items.flatMap(({ kind, content, position }) => {
    const [, text] = /(<\d+ \d+>)/.exec(Buffer.from(content).toString('latin1')) ?? []
    return kind === StreamKind.SEALED && text !== undefined ? [{ text, position }] : []
  })
  for (let index = 0; index < SPEAKERS; index++)
    expect(texts.map(({ text }) => text).filter((text) => text.startsWith(`<${index} `))).toEqual(
      Array.from({ length: TEXTS }, (_, number) => `<${index} ${number}>`),
    )
  for (const { text, position } of texts) expect(accepted.get(text)).toBe(position)
  const entries = items.filter(({ kind }) => kind === StreamKind.ENTRY)
  for (const [index, change] of changes.entries()) {
    const hash = hashOf(change)
    const position = hash === undefined ? undefined : accepted.get(hash)
    // Of one whose answer was lost, nobody was told where it is.
    if (position !== undefined) expect(entries[index]?.position).toBe(position)
  }
}

/** The group is made with eleven entries. */
const EARLY = ['entry:before-commit:13', 'entry:after-commit:13', 'publish:before-commit:1', 'publish:after-commit:1']
const LATE = ['entry:after-commit:20', 'publish:before-commit:30', 'publish:after-commit:30']
/** One of two has half of the work, and less if a connection to it was slow once: it must come so far all the same. */
const LATE_OF_HALF = ['entry:after-commit:16', 'publish:before-commit:12', 'publish:after-commit:12']

describe('[S2][S11][S12][S13][P120][P121][P82] a busy group', () => {
  test.each([...EARLY, ...LATE])(
    'loses nothing, and has nothing twice, with kill -9 of its relay at %s',
    async (failpoint) => {
      const data = temporaryFolder()
      const relays = [await startRelay(data, [], failpoint)]
      const [dying] = relays
      const comingBack = dying?.ended.then(async () => {
        relays[0] = await startRelay(data)
      })
      const done = await busy(() => () => relays)
      await comingBack
      expect(await dying?.ended).toBe('SIGKILL')
      const [alive] = relays
      if (alive !== undefined) await expectAllThere(alive, done)
    },
  )

  const server = postgresForThisFile()

  test.each([...EARLY, ...LATE_OF_HALF])(
    'loses nothing, and has nothing twice, with kill -9 of one of two relays at %s',
    async (failpoint) => {
      const store = ['--store', await server.database()]
      const dying = await startRelay(temporaryFolder(), store, failpoint)
      const other = await startRelay(temporaryFolder(), store)
      const done = await busy((index) => () => (index % 2 === 0 ? [dying, other] : [other, dying]))
      expect(await dying.ended).toBe('SIGKILL')
      await expectAllThere(other, done)
    },
  )
})
