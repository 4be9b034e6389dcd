// Chats that were exported once, taken in by a profile that does not have them, by one that does, and from spoiled files.

import { mkdirSync, readdirSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { applySegment } from '../../src/engine/history/apply.ts'
import { readSegment } from '../../src/engine/history/read.ts'
import { stretchesNewestFirst } from '../../src/engine/history/segments.ts'
import { writeBasics, writeStretch } from '../../src/engine/history/write.ts'
import { migrate } from '../../src/engine/storage/migrate.ts'
import { migrations } from '../../src/engine/storage/migrations.ts'
import { Touched } from '../../src/engine/touched.ts'
import type { ProfileHost } from '../../src/host/profile.ts'
import { type AccountId, type ConversationId, personConversation } from '../../src/shared/ids.ts'
import type { Message } from '../../src/shared/model.ts'
import { openSql } from '../engine/open-sql.ts'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'
import { Computer, codeOf } from './locked-profile.ts'

let world: World
let computer: Computer
let another: Computer
let alice: ProfileHost
let fresh: ProfileHost
let bob: Person
let withBob: ConversationId
let folder: string
beforeEach(async () => {
  world = await World.create()
  computer = new Computer(world.clock)
  another = new Computer(world.clock)
  alice = (await computer.alice(() => world.address())).host
  fresh = (await another.alice(() => world.address(), 'alice.again')).host
  bob = await world.person('Bob')
  withBob = personConversation(bob.account)
  await alice.handlers.findPerson({ username: 'bob' as never })
  await alice.handlers.openConversation({ account: bob.account })
  await alice.handlers.findPerson({ username: 'alice' as never })
  const own = await accountOf(alice)
  await alice.handlers.openConversation({ account: own })
  await say(alice, 'Tea?')
  await alice.handlers.sendMessage({ conversation: personConversation(own), text: 'a note' })
  await until(async () => (await bob.snapshot()).conversations.length > 0, 'Bob is asked')
  await bob.do('acceptRequest', { conversation: personConversation(own) })
  for (let line = 0; line < 60; line++)
    await bob.do('sendMessage', { conversation: personConversation(own), text: `${line} \u0007"` })
  await until(async () => (await messagesOf(alice, withBob)).length === 61, 'all of it has come')
  folder = await exported(alice, computer)
})
afterEach(async () => {
  await computer.close()
  await another.close()
  await world.close()
})

async function accountOf(host: ProfileHost): Promise<AccountId> {
  const now = await host.handlers.getSnapshot({})
  if (!now.ok || now.value.profile === null) throw new Error('nobody is there')
  return now.value.profile.account
}

async function say(host: ProfileHost, text: string): Promise<void> {
  expect(codeOf(await host.handlers.sendMessage({ conversation: withBob, text }))).toBe('ok')
}

async function exported(host: ProfileHost, on: Computer): Promise<string> {
  const place = on.elsewhere(`papers ${Math.random()}`)
  mkdirSync(place)
  const done = await host.handlers.exportHistory({ format: 'json', folder: place, readableByAnybody: true })
  if (!done.ok) throw new Error(done.failure.code)
  return done.value.path
}

async function messagesOf(host: ProfileHost, conversation: ConversationId): Promise<Message[]> {
  const page = await host.handlers.listMessages({ conversation, limit: 200 })
  if (!page.ok) return []
  const [first] = page.value.messages
  const before = first && (await host.handlers.listMessages({ conversation, limit: 200, before: first.id }))
  return [...(before?.ok ? before.value.messages : []), ...page.value.messages]
}

const take = (from = folder) => fresh.handlers.importHistory({ folder: from })
const shape = ({ id, own, content }: Message) => ({ id, own, content })

test('[E20] what was exported is the same in another profile, marked, read and put away; twice adds nothing', async () => {
  expect(await take()).toEqual({ ok: true, value: { added: 62, known: 0, skipped: 0 } })
  const before = await messagesOf(alice, withBob)
  const after = await messagesOf(fresh, withBob)
  expect(after.map(shape)).toEqual(before.map(shape))
  expect(after.every(({ imported, position }) => imported && position < 1)).toBe(true)
  const own = after.find((message) => message.own)
  expect(own).toMatchObject({ author: await accountOf(fresh), delivery: { state: 'sent' } })
  expect((await messagesOf(fresh, personConversation(await accountOf(fresh)))).map(({ content }) => content)).toEqual([
    { kind: 'text', text: 'a note' },
  ])
  const now = await fresh.handlers.getSnapshot({})
  const chat = now.ok ? now.value.conversations.find(({ id }) => id === withBob) : undefined
  expect(chat).toMatchObject({ unread: 0, archived: true, pinned: false, state: 'outgoing-request' })
  expect(chat?.person).toMatchObject({ username: 'bob', safety: { state: 'unverified' } })
  expect(own && codeOf(await fresh.handlers.editMessage({ message: own.id, text: 'Coffee?' }))).toBe('too-late')
  expect(await take()).toEqual({ ok: true, value: { added: 0, known: 62, skipped: 0 } })
  expect(await alice.handlers.importHistory({ folder })).toMatchObject({ value: { added: 0, known: 62 } })
  // Nobody has heard of it.
  await world.clock.advance(60_000)
  expect((await bob.snapshot()).conversations).toHaveLength(1)
})

test('[E20] it stands before what was said here, which keeps its places; the export of that adds nothing', async () => {
  await fresh.handlers.findPerson({ username: 'bob' as never })
  await fresh.handlers.openConversation({ account: bob.account })
  await say(fresh, 'Here before')
  const [here] = await messagesOf(fresh, withBob)
  expect(codeOf(await take())).toBe('ok')
  const all = await messagesOf(fresh, withBob)
  expect(all).toHaveLength(62)
  expect(all.at(-1)).toMatchObject({ id: here?.id, position: here?.position, imported: false })
  expect(await fresh.handlers.importHistory({ folder: await exported(fresh, another) })).toMatchObject({
    value: { added: 0, known: 63 },
  })
  expect((await messagesOf(fresh, withBob)).map(({ id }) => id)).toEqual(all.map(({ id }) => id))
})

test('[E20][P107] stretches below 1 are written and read as any other', async () => {
  const { sql } = bob.device
  const [row] = await bob.messages(await accountOf(alice).then((account) => ({ account }) as Person))
  if (row === undefined) throw new Error('Bob has nothing')
  sql.run('UPDATE messages SET position = -1700, imported = 1 WHERE id = ?', [row.id])
  const copy = openSql()
  migrate(copy, migrations)
  const segments = [writeBasics(sql), ...[...stretchesNewestFirst(sql)].map((place) => writeStretch(sql, place).bytes)]
  for (const bytes of segments) {
    const segment = readSegment(copy, bytes)
    if (typeof segment === 'string') throw new Error(segment)
    copy.transaction(() => applySegment({ sql: copy, clock: world.clock }, new Touched(), segment, 'backup'))
  }
  expect(copy.get('SELECT position, imported FROM messages WHERE id = ?', [row.id])).toEqual({
    position: -1700,
    imported: 1,
  })
})

test('[E20] what is not as it was written is refused as a whole, and nothing is stored', async () => {
  const name = readdirSync(folder).find((file) => file.startsWith('bob-')) ?? ''
  const file = join(folder, name)
  const good = readFileSync(file, 'utf8')
  const lines = good.split('\n')
  const withLine = (at: number, line: string) => lines.map((was, index) => (index === at ? line : was)).join('\n')
  const changed = (change: (message: Record<string, unknown>) => void) => {
    const message = JSON.parse((lines[5] ?? '').slice(0, -1))
    change(message)
    return withLine(5, `${JSON.stringify(message)},`)
  }
  const spoiled = {
    garbage: withLine(5, 'garbage,'),
    'no line': withLine(5, ''),
    'cut off': good.slice(0, -3),
    'more behind it': `${good}{}\n`,
    'another conversation': changed((message) => (message.conversation = personConversation(message.id as never))),
    'another author': changed((message) => (message.own = !message.own)),
    'a field more': changed((message) => (message.pinned = true)),
    'an id that is none': changed((message) => (message.id = '../../x')),
    'too long a text': changed((message) => (message.content = { kind: 'text', text: 'a'.repeat(8193) })),
    'too long a line': changed((message) => (message.authorName = 'a'.repeat(70_000))),
    'no text': changed((message) => (message.content = { kind: 'text', text: '\ud800' })),
    'another person': good.replace(
      `"person":{"account":"${bob.account}"`,
      `"person":{"account":"${await accountOf(alice)}"`,
    ),
    empty: '',
  }
  for (const [what, text] of Object.entries(spoiled)) {
    expect(text, what).not.toBe(good)
    writeFileSync(file, text)
    expect(codeOf(await take()), what).toBe('not-an-export')
  }
  writeFileSync(file, good.replace('"version":1', '"version":2'))
  expect(codeOf(await take())).toBe('update-needed')
  unlinkSync(file)
  writeFileSync(join(folder, '..', 'elsewhere'), good)
  symlinkSync(join(folder, '..', 'elsewhere'), file)
  expect(codeOf(await take())).toBe('place-refused')
  const now = await fresh.handlers.getSnapshot({})
  expect(now.ok && now.value.conversations).toEqual([])
  expect(codeOf(await take(join(folder, 'nowhere')))).toBe('place-refused')
  expect(codeOf(await take('papers'))).toBe('bad-input')
  expect(codeOf(await take(join(folder, '..')))).toBe('not-an-export')
  // As it was, it is taken.
  unlinkSync(file)
  writeFileSync(file, good)
  expect(await take()).toMatchObject({ value: { added: 62 } })
})
