// Two programs talk: real processes, a real relay, real databases, and ends of every kind.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { verifySignature } from '../../src/engine/signal/verify.ts'
import { systemClock } from '../../src/host/clock.ts'
import { systemRandom } from '../../src/host/random.ts'
import { openSqlite } from '../../src/host/sqlite.ts'
import { createBell } from '../../src/relay/bell.ts'
import { openDiskBlobs } from '../../src/relay/blobs/disk.ts'
import { DEFAULT_LIMITS } from '../../src/relay/limits.ts'
import { createRelay, type Relay } from '../../src/relay/relay.ts'
import { openSqliteStore } from '../../src/relay/stores/sqlite.ts'
import { Username } from '../../src/shared/ids.ts'
import { silentLog } from '../silent-log.ts'
import { until } from '../until.ts'
import { Bot, CHAT } from './bot.ts'

let relay: Relay
let relayUrl: string
let blobs: string
beforeAll(async () => {
  const store = openSqliteStore(openSqlite({ file: ':memory:' }), systemRandom)
  const parts = { store, bell: createBell(), clock: systemClock, random: systemRandom, log: silentLog }
  blobs = mkdtempSync(join(tmpdir(), 'sotto-chat-blobs-'))
  relay = createRelay({
    ...parts,
    blobs: await openDiskBlobs(blobs),
    limits: DEFAULT_LIMITS,
    verify: verifySignature,
    access: { loopbackOnly: true, invitations: 'open' },
  })
  const { port } = await relay.listen({ host: '127.0.0.1', port: 0 })
  relayUrl = `ws://127.0.0.1:${port}`
})
afterAll(async () => {
  await relay.close()
  rmSync(blobs, { recursive: true, force: true })
})

let data: string
const running: Bot[] = []
let people = 0
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'sotto-chat-'))
  people += 1
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((bot) => bot.signal('SIGKILL')))
  rmSync(data, { recursive: true, force: true })
})

function start(profile: string, env: Record<string, string> = {}): Bot {
  const bot = new Bot(data, profile, relayUrl, env)
  running.push(bot)
  return bot
}

/** The relay is shared: names are new in each story. */
const usernameOf = (profile: string) => Username.parse(`${profile}${people}`)

async function register(profile: string): Promise<Bot> {
  const bot = start(profile)
  const relay = { kind: 'address', url: relayUrl } as const
  await bot.ask('createProfile', { name: profile, username: usernameOf(profile), relay })
  return bot
}

async function conversationWith(bot: Bot, profile: string) {
  const person = await bot.ask('findPerson', { username: usernameOf(profile) })
  return (await bot.ask('openConversation', { account: person.account })).id
}

async function textsIn(bot: Bot): Promise<string[]> {
  const { conversations } = await bot.ask('getSnapshot', {})
  const conversation = conversations.find((each) => each.kind === 'person')
  if (conversation === undefined) return []
  const { messages } = await bot.ask('listMessages', { conversation: conversation.id })
  return messages.flatMap(({ content }) => (content.kind === 'text' ? [content.text] : [content.kind]))
}

test('two programs find each other and talk, over restarts and while the other is away', async () => {
  const alice = await register('alice')
  const bob = await register('bob')
  const toBob = await conversationWith(alice, 'bob')
  await alice.ask('sendMessage', { conversation: toBob, text: 'Tea at five?' })
  await until(async () => (await textsIn(bob)).length === 1, 'the question')
  const toAlice = await conversationWith(bob, 'alice')
  await bob.ask('sendMessage', { conversation: toAlice, text: 'Lovely.' })
  await until(async () => (await textsIn(alice)).length === 2, 'the answer')
  expect(alice.revisions).toEqual(alice.revisions.map((_, index) => (alice.revisions[0] ?? 0) + index))

  expect(await bob.finish()).toBe(0)
  await alice.ask('sendMessage', { conversation: toBob, text: 'Bring cake' })
  expect(await alice.signal('SIGTERM')).toEqual({ code: 0, by: null })

  const again = start('bob')
  await until(async () => (await textsIn(again)).length === 3, 'what came meanwhile')
  expect(await textsIn(again)).toEqual(['Tea at five?', 'Lovely.', 'Bring cake'])
  const returned = start('alice')
  expect(await returned.stage()).toEqual({ stage: 'open' })
  expect(await textsIn(returned)).toEqual(['Tea at five?', 'Lovely.', 'Bring cake'])
  for (const bot of running) expect(bot.complaints).toBe('')
}, 60_000)

test('[E1][K1] nothing that was said or who said it is in any file of the folder, the log included', async () => {
  const alice = await register('alice')
  await register('bob')
  const toBob = await conversationWith(alice, 'bob')
  await alice.ask('sendMessage', { conversation: toBob, text: 'a canary in the coal mine' })
  await until(
    async () => (await alice.ask('getSnapshot', {})).conversations[0]?.last?.delivery?.state !== 'waiting',
    'sent',
  )
  const files = readdirSync(data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  expect(files.length).toBeGreaterThan(5)
  for (const file of files) {
    const bytes = readFileSync(join(file.parentPath, file.name))
    for (const secret of ['canary', usernameOf('bob'), 'correct horse']) expect(bytes.includes(secret)).toBe(false)
  }
}, 60_000)

test('[E4][F41] a second program with the same profile is told so; after a kill -9 the next one opens it', async () => {
  const first = await register('alice')
  const second = start('alice')
  expect(await second.stage()).toEqual({ stage: 'closed', failure: { code: 'profile-in-use' } })
  await expect(second.ask('sendMessage', { conversation: `person:${crypto.randomUUID()}`, text: 'x' })).rejects.toThrow(
    'profile-in-use',
  )
  await first.signal('SIGKILL')
  await second.ask('openProfile', {})
  expect(await second.stage()).toEqual({ stage: 'open' })
}, 60_000)

test('[E3][F40] with another passphrase the profile stays closed', async () => {
  expect(await (await register('alice')).finish()).toBe(0)
  const closed = start('alice', { SOTTO_KEYCHAIN_PASSPHRASE: 'battery staple' })
  expect(await closed.stage()).toMatchObject({ stage: 'closed', failure: { code: 'keychain-locked' } })
  expect(await closed.finish()).toBe(0)
}, 60_000)

test.each(['outbox.sealed', 'outbox.committed', 'outbox.answered'])(
  '[P81] killed at %s, what was said arrives once',
  async (point) => {
    await register('bob')
    const first = await register('alice')
    const toBob = await conversationWith(first, 'bob')
    expect(await first.finish()).toBe(0)
    const killed = start('alice', { SOTTO_FAILPOINT: `${point}:1` })
    await killed.ask('sendMessage', { conversation: toBob, text: 'Once' }).catch(() => {})
    expect(await killed.ended()).toEqual({ code: null, by: 'SIGKILL' })
    const again = start('alice')
    await again.ask('sendMessage', { conversation: toBob, text: 'Done' })
    const [bob] = running
    await until(async () => (await textsIn(bob ?? again)).includes('Done'), 'what was said after')
    expect(await textsIn(bob ?? again)).toEqual(['Once', 'Done'])
  },
  60_000,
)

test('what was asked before standard input ended is still answered', async () => {
  const bot = start('alice')
  const asked = bot.ask('getSnapshot', {})
  const unknown = bot.ask('findPerson', { username: 'nobody' })
  const finished = bot.finish()
  expect((await asked).host.shell).toBe('command-line')
  await expect(unknown).rejects.toThrow('no-profile')
  expect(await finished).toBe(0)
}, 60_000)

test('asked to stop, it does not wait for a relay that is silent, nor for a reader that does not read', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const address = silent.address()
  const url = `ws://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const creating = new Bot(data, 'alice', url)
  const unread = spawn(process.execPath, [CHAT, '--data', data, '--profile', 'bob'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  try {
    await creating.ask('getSnapshot', {})
    const place = { kind: 'address', url } as const
    creating.ask('createProfile', { name: 'Alice', username: usernameOf('alice'), relay: place }).catch(() => {})
    // More than any pipe holds; the first answer shows that it has begun to.
    unread.stdin.write('{"jsonrpc":"2.0","id":1,"method":"getSnapshot"}\n'.repeat(5_000))
    await once(unread.stdout, 'readable')
    unread.kill('SIGTERM')
    expect(await once(unread, 'exit')).toEqual([0, null])
    expect(await creating.signal('SIGTERM')).toEqual({ code: 0, by: null })
  } finally {
    unread.kill('SIGKILL')
    await creating.signal('SIGKILL')
    silent.close()
  }
}, 30_000)

test.runIf(process.platform === 'linux')('a folder that cannot be made is not tried for ever', () => {
  const run = spawnSync(process.execPath, [CHAT, '--data', '/proc/nope'], {
    input: '',
    encoding: 'utf8',
    timeout: 20_000,
  })
  expect(run).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('ENOENT') })
})

test.each([
  ['--help', 0, 'Usage:'],
  ['--nonsense', 2, '--nonsense'],
  // Where a file is, no folder can be.
  [`--data=${import.meta.filename}`, 1, 'ENOTDIR'],
])('on the command line %s ends with %i and a sentence, not with a place in the code', (option, status, sentence) => {
  const run = spawnSync(process.execPath, [CHAT, option], { input: '', encoding: 'utf8' })
  expect(run.status).toBe(status)
  expect(status === 0 ? run.stdout : run.stderr).toContain(sentence)
  expect(status === 0 ? run.stderr : run.stdout).toBe('')
  expect(run.stderr).not.toMatch(/^\s+at /m)
})

test('[P104][P108] a second installation is linked by programs alone, and has what was said', async () => {
  const anna = await register('anna')
  const bert = await register('bert')
  await anna.ask('sendMessage', { conversation: await conversationWith(anna, 'bert'), text: 'Tea at five?' })
  await until(async () => (await textsIn(bert)).length === 1, 'the question')
  await bert.ask('sendMessage', { conversation: await conversationWith(bert, 'anna'), text: 'Lovely.' })
  await until(async () => (await textsIn(anna)).length === 2, 'the answer')
  const fresh = start('anna-laptop')
  const { code } = await fresh.ask('beginLink', { relay: { kind: 'address', url: relayUrl }, deviceName: 'Laptop' })
  await anna.ask('joinLink', { code })
  const linking = async (bot: Bot) => (await bot.ask('getSnapshot', {})).linking
  const words = async (bot: Bot) => {
    await until(async () => (await linking(bot)).state === 'comparing', 'words to compare')
    const seen = await linking(bot)
    return seen.state === 'comparing' ? seen.words : []
  }
  expect(await words(fresh)).toEqual(await words(anna))
  await anna.ask('confirmLink', { same: true })
  await fresh.online()
  await until(async () => (await fresh.ask('getSnapshot', {})).history.arriving === null, 'history is there')
  const [here, there] = [await anna.ask('getSnapshot', {}), await fresh.ask('getSnapshot', {})]
  expect(there.profile).toEqual({ ...here.profile, device: 2 })
  expect(await textsIn(fresh)).toEqual(['Tea at five?', 'Lovely.'])
}, 60_000)
