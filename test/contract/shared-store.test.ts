// Several relays on one PostgreSQL: each has a store of its own, and together they promise what one does alone.

import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/host/clock.ts'
import { systemRandom } from '../../src/host/random.ts'
import { MAILBOX_ENVELOPES } from '../../src/relay/limits.ts'
import type { NewAccount, RelayStore } from '../../src/relay/store.ts'
import { openPostgresStore } from '../../src/relay/stores/postgres.ts'
import { type Instant, uuidToBytes } from '../../src/shared/ids.ts'
import { postgresForThisFile } from '../relay/postgres.ts'
import {
  device,
  deviceList,
  listed,
  makeAccount,
  NOW,
  standing,
  submission,
  text,
  upload,
} from './relay-store.suite.ts'
import { makeEntry, makeGroup, makeItem } from './streams.suite.ts'

const server = postgresForThisFile()

async function twoStores(...people: NewAccount[]): Promise<[RelayStore, RelayStore]> {
  const url = await server.schema()
  const open = () => openPostgresStore({ url, clock: systemClock, random: systemRandom })
  const [one, two] = await Promise.all([open(), open()])
  onTestFinished(async () => {
    await one.close()
    await two.close()
  })
  for (const person of people) await one.register(person, NOW)
  return [one, two]
}

/** Half of the work at each, all at once. */
function atBoth<T>(
  stores: readonly [RelayStore, RelayStore],
  count: number,
  work: (store: RelayStore, index: number) => Promise<T>,
) {
  return Promise.all(Array.from({ length: count }, (_, index) => work(stores[index % 2 === 0 ? 0 : 1], index)))
}

test('[S1] every table begins its key with an account, a group, a name, an invitation or a code, and refers to no other', async () => {
  const url = await server.database()
  const store = await openPostgresStore({ url, clock: systemClock, random: systemRandom })
  onTestFinished(() => store.close())
  const client = new pg.Client(url)
  await client.connect()
  onTestFinished(() => client.end())
  const { rows: keys } = await client.query<{ name: string; first: string }>(`
    SELECT c.relname AS name, a.attname AS first FROM pg_index i
    JOIN pg_class c ON c.oid = i.indrelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
    WHERE c.relnamespace = 'public'::regnamespace AND i.indisunique`)
  const others = keys
    .filter(({ first }) => first !== 'account' && first !== 'group_id')
    .map(({ name, first }) => `${name} by ${first}`)
  expect(others.toSorted()).toEqual([
    'invitations by digest',
    'relay by one',
    'rendezvous by code',
    'rendezvous_messages by code',
    'usernames by username',
  ])
  const { rows: tables } = await client.query(
    `SELECT FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
  )
  expect(tables).toHaveLength(new Set(keys.map(({ name }) => name)).size + 1)
  const { rows: references } = await client.query(`SELECT FROM pg_constraint WHERE contype = 'f'`)
  expect(references).toEqual([])
})

describe('two stores on one database', () => {
  test('are the same relay, though both came first', async () => {
    const [one, two] = await twoStores()
    expect(Buffer.from(one.relay)).toEqual(Buffer.from(two.relay))
  })

  test('[P14] of twenty who want one name at once, one gets it', async () => {
    const outcomes = await atBoth(await twoStores(), 20, (store) => store.register(makeAccount('zoe'), NOW))
    expect(outcomes.filter((outcome) => outcome === 'registered')).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome === 'username-taken')).toHaveLength(19)
  })

  test('[P14] one account that registers at both at once is registered, whoever is told so', async () => {
    const stores = await twoStores()
    const alice = makeAccount('alice')
    const outcomes = await atBoth(stores, 10, (store) => store.register(alice, NOW))
    expect(new Set(outcomes)).toEqual(new Set(['registered', 'again']))
    expect(await stores[1].findUsername(alice.username)).toMatchObject({ account: alice.account })
  })

  test('[P14][P17] so is one with an invitation, and it has its name', async () => {
    const stores = await twoStores()
    for (let round = 0; round < 5; round++) {
      const person = makeAccount(`person${round}`)
      const digest = randomBytes(32)
      await stores[0].addInvitation(digest, NOW)
      const outcomes = await atBoth(stores, 10, (store) => store.register(person, NOW, digest))
      expect(new Set(outcomes)).toEqual(new Set(['registered', 'again']))
      expect(await stores[1].findUsername(person.username)).toMatchObject({ account: person.account })
    }
  })

  test('[P17] an invitation is good for one', async () => {
    const stores = await twoStores()
    const digest = randomBytes(32)
    await stores[0].addInvitation(digest, NOW)
    const outcomes = await atBoth(stores, 10, (store, index) =>
      store.register(makeAccount(`guest${index}`), NOW, digest),
    )
    expect(outcomes.filter((outcome) => outcome === 'registered')).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome === 'invitation-needed')).toHaveLength(9)
  })

  test('[S3][K5] two hundred at once get a hundred one-time prekeys, each once', async () => {
    const bob = makeAccount('bob')
    const stores = await twoStores(bob)
    await stores[0].storeKeys(bob, upload(1, 100, standing()))
    const taken = (await atBoth(stores, 200, (store) => store.takeKeys(bob.account, [bob.device]))).flat()
    const ids = taken.flatMap(({ oneTimeEc }) => oneTimeEc?.id ?? [])
    expect(ids.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
  })

  test('[S4] what is submitted at both is stored once', async () => {
    const alice = makeAccount('alice')
    const bob = makeAccount('bob')
    const stores = await twoStores(alice, bob)
    const messages = Array.from({ length: 50 }, () => submission(alice, bob))
    const outcomes = await Promise.all(stores.flatMap((store) => messages.map((message) => store.append(message, NOW))))
    expect(outcomes.filter(({ outcome }) => outcome === 'accepted')).toHaveLength(50)
    expect(outcomes.filter(({ outcome }) => outcome === 'duplicate')).toHaveLength(50)
    expect(await stores[0].read(bob, 0, 200)).toHaveLength(50)
  })

  test('[S5] a reader who follows the positions misses nothing while both write, and each sender’s order holds', async () => {
    const senders = Array.from({ length: 8 }, (_, index) => makeAccount(`sender${index}`))
    const bob = makeAccount('bob', listed(1), listed(2))
    const stores = await twoStores(...senders, bob)
    const each = 60
    let writing = true
    const followed: { sender: Uint8Array; content: Uint8Array }[] = []
    const follow = async () => {
      for (let after = 0, last = false; !last; ) {
        last = !writing
        const envelopes = await stores[1].read(bob, after, 16)
        followed.push(...envelopes)
        after = envelopes.at(-1)?.position ?? after
        if (envelopes.length > 0) last = false
      }
    }
    const write = async () => {
      await Promise.all(
        senders.flatMap((sender, index) =>
          Array.from({ length: each }, (_, number) =>
            stores[index % 2 === 0 ? 0 : 1].append(submission(sender, bob, `${sender.username} ${number}`), NOW),
          ),
        ),
      )
      writing = false
    }
    await Promise.all([write(), follow()])
    expect(followed).toHaveLength(senders.length * each)
    for (const sender of senders) {
      const own = followed.filter((envelope) => Buffer.from(envelope.sender).equals(uuidToBytes(sender.account)))
      expect(text(own)).toEqual(Array.from({ length: each }, (_, number) => `${sender.username} ${number}`))
    }
  })

  test('[P55] a mailbox holds so many, not one more, whoever puts them in', async () => {
    const alice = makeAccount('alice')
    const bob = makeAccount('bob')
    const stores = await twoStores(alice, bob)
    const outcomes = await atBoth(stores, MAILBOX_ENVELOPES + 50, (store) =>
      store.append(submission(alice, bob, 'x'), NOW),
    )
    expect(outcomes.filter(({ outcome }) => outcome === 'accepted')).toHaveLength(MAILBOX_ENVELOPES)
    expect(outcomes.filter(({ outcome }) => outcome === 'full')).toHaveLength(50)
  })

  test('[P50][D2] a list that was changed at one counts at the other with the next submission', async () => {
    const alice = makeAccount('alice')
    const bob = makeAccount('bob')
    const [one, two] = await twoStores(alice, bob)
    expect(await one.append(submission(alice, bob), NOW)).toMatchObject({ outcome: 'accepted' })
    await two.replaceDeviceList(bob.account, deviceList(2, listed(1, 999), listed(2)))
    const stale = { missing: [2], extra: [], changed: [1] }
    expect(await one.append(submission(alice, bob), NOW)).toEqual({ outcome: 'stale', stale })
    await two.eraseAccount(bob.account)
    expect(await one.append(submission(alice, bob), NOW)).toEqual({ outcome: 'no-such-account' })
    expect(await one.mailboxState({ ...bob, device: device(1) })).toBeUndefined()
  })

  test('[P50] while the list changes at one, what the other takes fits the list of that moment', async () => {
    const alice = makeAccount('alice')
    const bob = makeAccount('bob', listed(1))
    const [one, two] = await twoStores(alice, bob)
    const changes = (async () => {
      for (let version = 2; version < 30; version++)
        await two.replaceDeviceList(
          bob.account,
          deviceList(version, listed(1), ...(version % 2 === 0 ? [listed(2)] : [])),
        )
    })()
    let accepted = 0
    for (let sent = 0; sent < 100; sent++)
      if ((await one.append(submission(alice, bob), NOW)).outcome === 'accepted') accepted += 1
    await changes
    expect(await one.mailboxState(bob)).toMatchObject({ held: accepted })
    expect(await two.read({ ...bob, device: device(2) }, 0, 200)).toEqual([])
  })

  test('[P14] a name whose claimant was killed waits for it, then is anybody’s, and never has two owners', async () => {
    const url = await server.schema()
    const open = (crash = (_: string) => {}) =>
      openPostgresStore({ url, clock: systemClock, random: systemRandom, crash })
    const dying = await open((point) => {
      if (point === 'register:before-commit') throw new Error('killed')
    })
    const store = await open()
    onTestFinished(async () => {
      await dying.close()
      await store.close()
    })
    const first = makeAccount('zoe')
    await expect(dying.register(first, NOW)).rejects.toThrow('killed')
    expect(await store.register(makeAccount('zoe'), NOW)).toBe('username-taken')
    expect(await store.findUsername(first.username)).toBeUndefined()
    const later = (NOW + 3_600_000) as Instant
    const second = makeAccount('zoe')
    expect(await store.register(second, later)).toBe('registered')
    expect(await store.register(first, later)).toBe('username-taken')
    expect(await store.findAccount(first.account)).toBeUndefined()
    expect(await store.findUsername(first.username)).toMatchObject({ account: second.account })
  })

  test('[P14][P59] a name is free at once when a relay was killed while it erased the account, and never has two owners', async () => {
    const url = await server.schema()
    const open = (crash = (_: string) => {}) =>
      openPostgresStore({ url, clock: systemClock, random: systemRandom, crash })
    const dying = await open((point) => {
      if (point === 'erase:after-commit') throw new Error('killed')
    })
    const store = await open()
    onTestFinished(async () => {
      await dying.close()
      await store.close()
    })
    const first = makeAccount('zoe')
    await store.register(first, NOW)
    await expect(dying.eraseAccount(first.account)).rejects.toThrow('killed')
    expect(await store.findUsername(first.username)).toBeUndefined()
    const outcomes = await Promise.all(
      [first, makeAccount('zoe'), makeAccount('zoe')].map((account) => store.register(account, NOW)),
    )
    expect(outcomes.filter((outcome) => outcome === 'registered')).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome === 'username-taken')).toHaveLength(2)
    expect(await store.findUsername(first.username)).toBeDefined()
  })

  test('[P17] an invitation that does not count leaves no claim to the name behind', async () => {
    const [one, two] = await twoStores()
    expect(await one.register(makeAccount('zoe'), NOW, randomBytes(32))).toBe('invitation-needed')
    expect(await two.register(makeAccount('zoe'), NOW)).toBe('registered')
  })
})

describe('streams', () => {
  test('[S11][S12][P120] entries and messages at both: one log, one order, nothing judged by an older log', async () => {
    const stores = await twoStores()
    const group = makeGroup()
    let head: Uint8Array = new Uint8Array()
    let last = 0
    for (let index = 0; index < 8; index++) {
      const entries = Array.from({ length: 6 }, () => makeEntry(group, index, head))
      const before = head
      const published = index === 0 ? [] : atBoth(stores, 20, (store) => store.publish(makeItem(group, before), NOW))
      const appended = await atBoth(stores, 6, (store, which) =>
        store.appendEntry(entries[which] ?? makeEntry(group, index, before), NOW),
      )
      const winners = appended.flatMap((stored, which) => (stored.outcome === 'appended' ? [{ stored, which }] : []))
      expect(winners).toHaveLength(1)
      const [winner] = winners
      if (winner === undefined) throw new Error('nobody')
      const at = winner.stored.placed.item.position
      for (const stored of await published)
        if (stored.outcome === 'published') expect(stored.placed.item.position).toBeLessThan(at)
        else expect(stored.outcome).toBe('moved')
      expect(at).toBeGreaterThan(last)
      last = at
      head = entries[winner.which]?.hash ?? head
    }
    const [one, two] = await Promise.all(
      stores.map((store) =>
        store.readStream(group, { after: 0, itemsAfter: 0, upTo: Infinity, limit: 1000, mostBytes: 1e6 }),
      ),
    )
    expect(one?.items.map(({ position }) => position)).toEqual(two?.items.map(({ position }) => position))
    expect(Buffer.from(one?.head ?? []).equals(head)).toBe(true)
  })

  test('[S13][P121] the same message at both is stored once', async () => {
    const stores = await twoStores()
    const group = makeGroup()
    const first = makeEntry(group, 0, new Uint8Array())
    await stores[0].appendEntry(first, NOW)
    const item = makeItem(group, first.hash)
    const stored = await atBoth(stores, 20, (store) => store.publish(item, NOW))
    expect(stored.filter(({ outcome }) => outcome === 'published')).toHaveLength(1)
    expect(stored.filter(({ outcome }) => outcome === 'duplicate')).toHaveLength(19)
    const positions = stored.map((each) =>
      each.outcome === 'published' ? each.placed.item.position : 'position' in each && each.position,
    )
    expect(new Set(positions).size).toBe(1)
    expect((await stores[1].streamStanding(group))?.items).toBe(1)
  })
})
