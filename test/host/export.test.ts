// Chats written for people and programs to read: all that was said, in order, and nothing that runs.

import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import type { ProfileHost } from '../../src/host/profile.ts'
import { type ConversationId, personConversation } from '../../src/shared/ids.ts'
import { Message } from '../../src/shared/model.ts'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'
import { Computer, codeOf, WORDS } from './locked-profile.ts'

let world: World
let computer: Computer
let place: string
let alice: ProfileHost
let bob: Person
let withBob: ConversationId
beforeEach(async () => {
  world = await World.create()
  computer = new Computer(world.clock)
  place = computer.elsewhere('papers')
  mkdirSync(place)
  alice = (await computer.alice(() => world.address())).host
  bob = await world.person('Bob')
  await bob.do('updateProfile', { name: '<b onload=alert(1)>Bob\u202e' })
  await alice.handlers.findPerson({ username: 'bob' as never })
  await alice.handlers.openConversation({ account: bob.account })
  withBob = personConversation(bob.account)
})
afterEach(async () => {
  await computer.close()
  await world.close()
})

const HOSTILE = [
  '<script>alert(document.domain)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</ol></body><iframe src="javascript:alert(1)">',
  'a \u202e gpj.exe\u0000',
  '&lt;already&gt;',
]

async function say(text: string): Promise<void> {
  expect(codeOf(await alice.handlers.sendMessage({ conversation: withBob, text }))).toBe('ok')
}

async function exported(format: 'html' | 'json', more: { conversation?: ConversationId } = {}) {
  const done = await alice.handlers.exportHistory({ format, folder: place, readableByAnybody: true, ...more })
  if (!done.ok) throw new Error(done.failure.code)
  return { ...done.value, files: readdirSync(done.value.path).sort() }
}

const Exported = z.object({
  sotto: z.literal('export'),
  version: z.literal(1),
  profile: z.object({ username: z.string() }),
  conversation: z.object({ id: z.string(), kind: z.string() }),
  messages: z.array(Message),
})

test('[E19] as JSON: every message of every chat, in order, as one asks for them; the folder is for its owner only', async () => {
  const me = await alice.handlers.getSnapshot({})
  const own = me.ok ? me.value.profile?.account : undefined
  if (own === undefined) throw new Error('Alice has no account')
  await alice.handlers.findPerson({ username: 'alice' as never })
  await alice.handlers.openConversation({ account: own })
  await alice.handlers.sendMessage({ conversation: personConversation(own), text: 'a note' })
  for (let line = 0; line < 450; line++) await say(`line ${line}`)
  const all = await exported('json')
  expect(all).toMatchObject({ conversations: 2, messages: 451 })
  expect(all.files).toHaveLength(2)
  expect(readdirSync(place)).toHaveLength(1)
  expect(statSync(all.path).mode & 0o077).toBe(0)
  const chats = all.files.map((file) => {
    expect(statSync(join(all.path, file)).mode & 0o077).toBe(0)
    return Exported.parse(JSON.parse(readFileSync(join(all.path, file), 'utf8')))
  })
  const chat = chats.find(({ conversation }) => conversation.id === withBob)
  expect(chat?.messages.map(({ content }) => content)).toEqual(
    Array.from({ length: 450 }, (_, line) => ({ kind: 'text', text: `line ${line}` })),
  )
  // A message a line, for programs that read lines.
  const bobs = all.files.find((file) => file.startsWith('bob-')) ?? ''
  expect(readFileSync(join(all.path, bobs), 'utf8').split('\n').length).toBe(450 + 3)
})

test('[E19] one that ends in the same second as another has a folder of its own', async () => {
  const paths = [await exported('json'), await exported('html'), await exported('json')].map(({ path }) => path)
  expect(paths[1]).toBe(`${paths[0]} (2)`)
  expect(paths[2]).toBe(`${paths[0]} (3)`)
  expect(readdirSync(place)).toHaveLength(3)
})

test('[E19][F43] as pages: what strangers wrote stays text, nothing runs and nothing is fetched', async () => {
  for (const text of HOSTILE) await say(text)
  await until(async () => (await bob.snapshot()).conversations.length > 0, 'Bob is asked')
  const [request] = (await bob.snapshot()).conversations
  if (request === undefined) throw new Error('no request')
  await bob.do('acceptRequest', { conversation: request.id })
  await bob.do('sendMessage', { conversation: request.id, text: HOSTILE.join('\n') })
  await until(async () => {
    const now = await alice.handlers.getSnapshot({})
    return now.ok && now.value.conversations[0]?.person?.name.includes('onload') === true
  }, 'Alice knows what Bob calls himself')
  const { path, files } = await exported('html')
  expect(files).toHaveLength(2)
  for (const file of files) {
    const page = readFileSync(join(path, file), 'utf8')
    expect(page).toContain("default-src 'none'")
    const tags = [...page.matchAll(/<\/?([a-z!][^\s>]*)/gi)].map(([, tag = '']) => tag.toLowerCase())
    const known = '!doctype html head meta title style body h1 bdi p ol ul li b time a small'.split(' ')
    expect(tags.filter((tag) => !known.includes(tag))).toEqual([])
    expect(page).not.toMatch(/<[^>]*\son\w+\s*=/i)
    expect(page).not.toMatch(/(?![\n\t])\p{Cc}|\u202e/u)
    expect([...page.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, to]) => to)).toEqual(
      file === 'index.html' ? [files.find((other) => other !== file)] : [],
    )
  }
  const chat = readFileSync(join(path, files.find((file) => file !== 'index.html') ?? ''), 'utf8')
  expect(chat).toContain('&lt;script&gt;alert(document.domain)&lt;/script&gt;')
  expect(chat).toContain('&amp;lt;already&amp;gt;')
})

test('[E19] one chat alone; a chat, a folder or a profile that is not there is refused and nothing is left', async () => {
  await say('Tea?')
  expect(await exported('html', { conversation: withBob })).toMatchObject({ conversations: 1, messages: 1 })
  const ask = (more: object) =>
    alice.handlers.exportHistory({ format: 'json', folder: place, readableByAnybody: true, ...more })
  const stranger = personConversation('3f0c8a2e-6a53-4c55-9a31-0f6a7c1d2b01' as never)
  expect(codeOf(await ask({ conversation: stranger }))).toBe('no-such-conversation')
  expect(codeOf(await ask({ folder: join(place, 'nowhere') }))).toBe('place-refused')
  expect(codeOf(await ask({ folder: 'papers' }))).toBe('bad-input')
  expect(codeOf(await ask({ folder: undefined }))).toBe('bad-input')
  await alice.handlers.setPassphrase({ passphrase: WORDS })
  await computer.lock(alice)
  expect(codeOf(await ask({}))).toBe('locked')
  expect(readdirSync(place)).toHaveLength(1)
})

test('[E13][E19] locked in the middle of it, it is refused for that, and nothing is left', async () => {
  for (let said = 0; said < 250; said++) await say(`Cake number ${said}`)
  const asked = alice.handlers.exportHistory({ format: 'html', folder: place, readableByAnybody: true })
  await alice.handlers.setPassphrase({ passphrase: WORDS })
  expect(await computer.lock(alice)).toBe('ok')
  expect(codeOf(await asked)).toBe('locked')
  expect(readdirSync(place)).toEqual([])
})
