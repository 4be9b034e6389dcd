// What every relay store promises about streams: docs/storage.md [S11]… as stories. Runs against each implementation.

import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { StreamKind } from '../../src/protocol/generated/relay_pb.ts'
import { MAILBOX_RETENTION } from '../../src/protocol/limits.ts'
import type { RelayStore } from '../../src/relay/store.ts'
import type { EntryStored, NewEntry, Publication } from '../../src/relay/streams/contract.ts'
import { AccountId, type DeviceId, GroupId, type Instant } from '../../src/shared/ids.ts'

const NOW = 1_800_000_000_000 as Instant
const DAY = 86_400_000
const later = (milliseconds: number) => (NOW + milliseconds) as Instant
const device = 1 as DeviceId
const ALL = { after: 0, itemsAfter: 0, upTo: Infinity, limit: 100, mostBytes: 1_000_000 }

export const makeGroup = () => GroupId.parse(randomUUID())
const makeAccount = () => AccountId.parse(randomUUID())

/** The store does not look into entries: any bytes will do. */
export function makeEntry(group: GroupId, index: number, previous: Uint8Array, more: Partial<NewEntry> = {}): NewEntry {
  const content = randomBytes(40)
  const hash = createHash('sha256').update(content).digest()
  const usual = { sender: makeAccount(), senderDevice: device, keepFor: 30 * DAY, ends: false }
  return { group, index, previous, content, hash, ...usual, ...more }
}

export function makeItem(
  group: GroupId,
  head: Uint8Array,
  content: string | Uint8Array = 'sealed',
  sender = makeAccount(),
) {
  const item: Publication = {
    group,
    head,
    sender,
    senderDevice: device,
    message: randomBytes(16),
    kind: StreamKind.SEALED,
    content: Buffer.from(content),
  }
  return item
}

const texts = (items: readonly { content: Uint8Array }[] | undefined) =>
  items?.map(({ content }) => Buffer.from(content).toString())

function placedAt(stored: EntryStored): number {
  if (stored.outcome !== 'appended') throw new Error(stored.outcome)
  return stored.placed.item.position
}

export function describeStreams(open: () => Promise<{ store: RelayStore; reopen(): Promise<RelayStore> }>): void {
  /** A stream with one entry. */
  async function begun(more: Partial<NewEntry> = {}) {
    const { store, reopen } = await open()
    const group = makeGroup()
    const first = makeEntry(group, 0, new Uint8Array(), more)
    expect((await store.appendEntry(first, NOW)).outcome).toBe('appended')
    const say = async (content: string | Uint8Array, at = NOW) => {
      const published = await store.publish(makeItem(group, first.hash, content), at)
      if (published.outcome !== 'published') throw new Error(published.outcome)
      return published.placed
    }
    const read = async (more: Partial<typeof ALL> = {}) =>
      texts((await store.readStream(group, { ...ALL, itemsAfter: 1, after: 1, ...more }))?.items)
    return { store, reopen, group, first, say, read }
  }

  describe('streams: the log', () => {
    test('[S11][P120] an entry is taken on top of the newest one, and on no other', async () => {
      const { store, group, first } = await begun()
      const second = makeEntry(group, 1, first.hash)
      expect((await store.appendEntry(makeEntry(group, 1, randomBytes(32)), NOW)).outcome).toBe('moved')
      const position = placedAt(await store.appendEntry(second, NOW))
      expect(await store.appendEntry(makeEntry(group, 1, first.hash), NOW)).toEqual({
        outcome: 'moved',
        index: 1,
        position,
      })
      expect((await store.appendEntry(makeEntry(group, 3, second.hash), NOW)).outcome).toBe('moved')
      expect((await store.appendEntry(makeEntry(group, 0, new Uint8Array()), NOW)).outcome).toBe('moved')
      expect((await store.appendEntry(makeEntry(makeGroup(), 1, first.hash), NOW)).outcome).toBe('no-such-stream')
      expect((await store.entriesFrom(group, 0, 10)).map(({ index }) => index)).toEqual([0, 1])
      expect((await store.streamStanding(group))?.head.index).toBe(1)
    })

    test('[S11][P120] of twenty who follow the same entry at once, one gets in', async () => {
      const { store, group, first } = await begun()
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, () => store.appendEntry(makeEntry(group, 1, first.hash), NOW)),
      )
      expect(outcomes.filter(({ outcome }) => outcome === 'appended')).toHaveLength(1)
      expect(outcomes.filter(({ outcome }) => outcome === 'moved')).toHaveLength(19)
    })

    test('[S11] of twenty who make the same group at once, one does', async () => {
      const { store } = await open()
      const group = makeGroup()
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, () => store.appendEntry(makeEntry(group, 0, new Uint8Array()), NOW)),
      )
      expect(outcomes.filter(({ outcome }) => outcome === 'appended')).toHaveLength(1)
    })

    test('[S13][P120] the same entry again is told when and where it was taken', async () => {
      const { store, group, first } = await begun()
      const second = makeEntry(group, 1, first.hash)
      const position = placedAt(await store.appendEntry(second, later(5)))
      const again = { outcome: 'duplicate', position, at: later(5) }
      expect(await store.appendEntry(second, later(9))).toEqual(again)
      await store.appendEntry(makeEntry(group, 2, second.hash), NOW)
      expect(await store.appendEntry(second, later(9))).toEqual(again)
      expect(await store.entriesFrom(group, 0, 10)).toHaveLength(3)
    })

    test('[S2][S11] what was taken is there after a restart, and goes on from there', async () => {
      const { reopen, group, first, say } = await begun()
      await say('before')
      const store = await reopen()
      const second = makeEntry(group, 1, first.hash)
      const position = placedAt(await store.appendEntry(second, NOW))
      const [held] = await store.entriesFrom(group, 1, 1)
      expect(held).toMatchObject({ index: 1, position, takenAt: NOW })
      expect(Buffer.from(held?.content ?? []).equals(Buffer.from(second.content))).toBe(true)
      expect(position).toBeGreaterThan(2)
    })
  })

  describe('streams: what is said', () => {
    test('[S12][P121] entries and items lie in one order, and whoever has read up to one has missed nothing', async () => {
      const { store, group, first, say, read } = await begun()
      const one = await say('one')
      const entry = await store.appendEntry(makeEntry(group, 1, first.hash, { content: Buffer.from('entry') }), NOW)
      const head = (await store.streamStanding(group))?.head.hash ?? new Uint8Array()
      const two = await store.publish(makeItem(group, head, 'two'), NOW)
      if (entry.outcome !== 'appended' || two.outcome !== 'published') throw new Error('not taken')
      expect(entry.placed.previous).toBe(one.item.position)
      expect(two.placed.previous).toBe(entry.placed.item.position)
      expect(await read()).toEqual(['one', 'entry', 'two'])
      expect(await read({ after: one.item.position })).toEqual(['entry', 'two'])
      expect(await read({ upTo: entry.placed.item.position })).toEqual(['one', 'entry'])
      expect(await read({ itemsAfter: Infinity })).toEqual(['entry'])
      expect(await read({ itemsAfter: one.item.position })).toEqual(['entry', 'two'])
      expect(await read({ limit: 2 })).toEqual(['one', 'entry'])
      const whole = await store.readStream(group, ALL)
      expect(Buffer.from(whole?.head ?? []).equals(Buffer.from(head))).toBe(true)
      expect(whole?.items[1]).toMatchObject({ kind: StreamKind.SEALED, senderDevice: 1, takenAt: NOW })
      expect(whole?.items.map(({ message }) => message.length)).toEqual([0, 16, 0, 16])
      expect(await store.readStream(makeGroup(), ALL)).toBeUndefined()
    })

    test('[S12][P122] a page has no more bytes than asked for, and at least one item', async () => {
      const { say, read } = await begun()
      for (const letter of 'abc') await say(letter.repeat(1000))
      expect(await read({ mostBytes: 2500 })).toHaveLength(2)
      expect(await read({ mostBytes: 2000 })).toHaveLength(2)
      expect(await read({ mostBytes: 10 })).toHaveLength(1)
    })

    test('[S13][P121] the same message of the same sender is stored once, others may have its id', async () => {
      const { store, group, first } = await begun()
      const item = makeItem(group, first.hash)
      const [once, ...again] = await Promise.all(Array.from({ length: 5 }, () => store.publish(item, NOW)))
      if (once?.outcome !== 'published') throw new Error('not taken')
      const { position } = once.placed.item
      expect(again).toEqual(Array.from({ length: 4 }, () => ({ outcome: 'duplicate', position, at: NOW })))
      expect(await store.findMessage(group, item.sender, item.message)).toEqual({ position, at: NOW })
      expect(await store.findMessage(group, makeAccount(), item.message)).toBeUndefined()
      expect((await store.publish({ ...item, sender: makeAccount() }, NOW)).outcome).toBe('published')
      // Once taken, taken, whatever the log says by now.
      await store.appendEntry(makeEntry(group, 1, first.hash), NOW)
      expect((await store.publish(item, NOW)).outcome).toBe('duplicate')
    })

    test('[S11][P121] what was judged by a log that has moved on is not taken', async () => {
      const { store, group, first } = await begun()
      await store.appendEntry(makeEntry(group, 1, first.hash), NOW)
      expect(await store.publish(makeItem(group, first.hash), NOW)).toEqual({ outcome: 'moved' })
      expect(await store.publish(makeItem(makeGroup(), first.hash), NOW)).toEqual({ outcome: 'no-such-stream' })
      expect((await store.streamStanding(group))?.items).toBe(0)
    })

    test('[S12][P121] two hundred at once, of several groups: each gets a place of its own, in the order of the calls', async () => {
      const { store } = await open()
      const groups = [makeGroup(), makeGroup(), makeGroup()]
      const heads = await Promise.all(
        groups.map(async (group) => {
          const first = makeEntry(group, 0, new Uint8Array())
          await store.appendEntry(first, NOW)
          return { group, hash: first.hash }
        }),
      )
      const calls = Array.from({ length: 200 }, (_, number) => {
        const { group, hash } = heads[number % 3] ?? { group: makeGroup(), hash: new Uint8Array() }
        return { group, asked: store.publish(makeItem(group, hash, `${number}`), NOW) }
      })
      const taken = await Promise.all(calls.map(({ asked }) => asked))
      for (const { group } of heads) {
        const items = (await store.readStream(group, { ...ALL, itemsAfter: 1, after: 1 }))?.items ?? []
        const numbers = texts(items)?.map(Number) ?? []
        expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
        const placed = taken.flatMap((each, index) =>
          calls[index]?.group === group && each.outcome === 'published' ? [each.placed] : [],
        )
        // Each names the one before it: nobody who follows them misses one.
        let previous = 1
        for (const { item, previous: before } of placed) {
          expect(before).toBe(previous)
          previous = item.position
        }
        expect(items).toHaveLength(placed.length)
      }
    })

    test('[S12][P121] entries and messages at once: nothing is taken behind an entry it was not judged by', async () => {
      const { store, group, first } = await begun()
      let head = first.hash
      for (let index = 1; index <= 5; index++) {
        const entry = makeEntry(group, index, head)
        const before = Array.from({ length: 8 }, () => store.publish(makeItem(group, head), NOW))
        const appended = store.appendEntry(entry, NOW)
        const after = Array.from({ length: 8 }, () => store.publish(makeItem(group, head), NOW))
        const position = placedAt(await appended)
        for (const published of await Promise.all([...before, ...after]))
          if (published.outcome === 'published') expect(published.placed.item.position).toBeLessThan(position)
          else expect(published.outcome).toBe('moved')
        head = entry.hash
      }
    })
  })

  describe('streams: what is forgotten', () => {
    test('[S14][P124] items go when the group’s time for them is over, entries stay, places are not used again', async () => {
      const { store, reopen, group, first, say, read } = await begun({ keepFor: 40 * DAY })
      await say('old')
      const young = await say('young', later(20 * DAY))
      expect(await store.expireStream(group, later(40 * DAY))).toBe(0)
      expect(await store.expireStream(group, later(41 * DAY))).toBe(1)
      expect(await read()).toEqual(['young'])
      expect(await store.streamStanding(group)).toMatchObject({ items: 1, bytes: 5, lastPosition: young.item.position })
      expect(await store.expireStream(group, later(90 * DAY))).toBe(1)
      const again = await reopen()
      expect(await again.entriesFrom(group, 0, 9)).toHaveLength(1)
      expect(await again.streamStanding(group)).toMatchObject({ items: 0, bytes: 0 })
      const published = await again.publish(makeItem(group, first.hash), NOW)
      expect(published.outcome === 'published' && published.placed.item.position).toBeGreaterThan(young.item.position)
    })

    test('[S13][S14] the id of a message outlives it by as much again', async () => {
      const { store, group, first } = await begun({ keepFor: 10 * DAY })
      const item = makeItem(group, first.hash)
      await store.publish(item, NOW)
      expect(await store.expireStream(group, later(11 * DAY))).toBe(1)
      expect((await store.publish(item, later(11 * DAY))).outcome).toBe('duplicate')
      await store.expireStream(group, later(21 * DAY))
      expect((await store.publish(item, later(21 * DAY))).outcome).toBe('published')
    })

    test('[S14][P124] where items are kept as long as the group, none go', async () => {
      const { store, group, say, read } = await begun({ keepFor: undefined })
      await say('for good')
      expect(await store.expireStream(group, later(9000 * DAY))).toBe(0)
      expect(await read()).toEqual(['for good'])
    })

    test('[S14][P124] a deleted group has no items from then on, and its log goes after a time', async () => {
      const { store, group, first, say, read } = await begun({ keepFor: undefined })
      await say('soon gone')
      const last = makeEntry(group, 1, first.hash, { ends: true })
      await store.appendEntry(last, NOW)
      expect(texts((await store.readStream(group, ALL))?.items)).toHaveLength(2)
      expect(await read({ after: 1, upTo: 2 })).toEqual([])
      expect((await store.publish(makeItem(group, last.hash), NOW)).outcome).toBe('no-such-stream')
      await store.expireStream(group, later(MAILBOX_RETENTION))
      expect(await store.entriesFrom(group, 0, 9)).toHaveLength(2)
      await store.expireStream(group, later(MAILBOX_RETENTION + 1))
      expect(await store.streamStanding(group)).toBeUndefined()
      expect(await store.entriesFrom(group, 0, 9)).toEqual([])
      expect(await store.streamsAfter(undefined, 9)).not.toContain(group)
    })

    test('[S14] the sweep finds every stream', async () => {
      const { store } = await open()
      const groups = Array.from({ length: 5 }, makeGroup)
      for (const group of groups) await store.appendEntry(makeEntry(group, 0, new Uint8Array()), NOW)
      const found: GroupId[] = []
      for (let page = await store.streamsAfter(undefined, 2); page.length > 0; ) {
        found.push(...page)
        page = await store.streamsAfter(found.at(-1), 2)
      }
      expect(found).toEqual(groups.toSorted())
    })

    test('[S12] the newest items, for a look', async () => {
      const { store, group, say } = await begun()
      for (const text of ['one', 'two', 'three'.repeat(20)]) await say(text)
      const newest = await store.newestItems(group, 2)
      expect(newest.map(({ size }) => size)).toEqual([100, 3])
      expect(Buffer.from(newest[0]?.firstBytes ?? []).toString()).toBe('three'.repeat(20).slice(0, 32))
    })
  })
}
