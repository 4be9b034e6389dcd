// What nobody should type, and programs do: every text comes back as it was, or is refused with a reason.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answer } from '../../src/shared/answer.ts'
import { api, type CallName, type Handlers } from '../../src/shared/api.ts'
import { dispatch } from '../../src/shared/dispatch.ts'
import { personConversation } from '../../src/shared/ids.ts'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'

let world: World
let alice: Person
let bob: Person
beforeAll(async () => {
  world = await World.create()
  ;[alice, bob] = await world.friends('Alice', 'Bob')
})
afterAll(() => world.close())

const HARMLESS_TEXTS: [string, string][] = [
  ['a script', '<script>alert(1)</script><img src=x onerror=alert(1)>'],
  ['a drawing that acts', '<svg onload="alert(1)"><a xlink:href="javascript:alert(1)">x</a></svg>'],
  ['links', 'javascript:alert(1) data:text/html,x file:///etc/passwd smb://x/y'],
  ['writing from the right', 'invoice\u202Efdp.exe \u2066x\u2069 שלום'],
  ['nothing to see', 'a\u200B\u200C\u200D\uFEFFb'],
  ['ten thousand accents, cut to what fits', `z${'\u0301'.repeat(4_000)}`],
  ['letters that look alike', 'pаypal.com раураl'],
  ['a family, many times', '👨‍👩‍👧‍👦'.repeat(300)],
  ['a byte that ends strings', 'before\0after'],
  ['control characters', '\u0001\u0008\u001B[31mred\u007F'],
  ['quotes for a database', `'; DROP TABLE messages; --"`],
  ['an object in disguise', '{"__proto__":{"isAdmin":true}}'],
  ['file names', '../../x CON a.png\u202Egpj.exe'],
  ['spaces around', '  kept as it is \n'],
  ['a replacement character', 'was lost: \uFFFD'],
  ['as long as may be', 'x'.repeat(8_192)],
]

describe('[F43] texts', () => {
  test.each(HARMLESS_TEXTS)('%s: arrives as it was written', async (_, text) => {
    await alice.say(bob, text)
    await alice.reaches(bob, text, 'delivered')
    expect((await bob.messages(alice)).at(-1)?.content).toEqual({ kind: 'text', text })
    expect((await alice.conversation(bob)).last?.content).toEqual({ kind: 'text', text })
  })

  test.each([...HARMLESS_TEXTS, ['sixty-four thousand', 'y'.repeat(65_536)]])(
    'a draft of %s: kept',
    async (_, text) => {
      await alice.do('saveDraft', { conversation: personConversation(bob.account), text })
      expect((await alice.conversation(bob)).draft).toBe(text)
    },
  )

  test.each([
    ['half a character', '\uD83D', 'bad-input'],
    ['the other half', 'x\uDC00y', 'bad-input'],
    ['nothing', '', 'bad-input'],
    ['nothing to read', ' \n\t ', 'bad-input'],
    ['one byte too many', 'x'.repeat(8_193), 'too-long'],
    ['few characters, too many bytes', '👍'.repeat(2_049), 'too-long'],
    ['a megabyte in one line', 'x'.repeat(1_048_576), 'too-long'],
  ])('[P48][F43] %s: refused', async (_, text, code) => {
    const before = await alice.reads(bob)
    const refused = await alice.try('sendMessage', { conversation: personConversation(bob.account), text })
    expect(refused).toMatchObject({ ok: false, failure: { code } })
    expect(await alice.reads(bob)).toEqual(before)
  })

  test('half a character in a draft: refused, and the one before stays', async () => {
    const conversation = personConversation(bob.account)
    await alice.do('saveDraft', { conversation, text: 'half a thought' })
    expect(await alice.try('saveDraft', { conversation, text: 'half \uD83D' })).toMatchObject({
      failure: { code: 'bad-input', detail: 'text: lone surrogates are not text' },
    })
    expect((await alice.conversation(bob)).draft).toBe('half a thought')
  })
})

describe('[F43] names', () => {
  test.each([
    ['markup', '<b onclick=alert(1)>Al</b>'],
    ['from the right', 'ecilA\u202E'],
    ['quotes', `Robert'); DROP TABLE people;--`],
    ['as long as may be', '名'.repeat(64)],
  ])('%s: is what she is called', async (_, name) => {
    expect((await alice.do('updateProfile', { name })).name).toBe(name)
    await until(async () => (await bob.conversation(alice)).person.name === name, 'Bob knows it')
  })

  test.each([
    ['nothing', ''],
    ['spaces', '   '],
    ['too long', 'x'.repeat(65)],
    ['a byte that ends strings', 'Al\0ice'],
    ['two lines', 'Alice\nBob'],
    ['half a character', 'Al\uD83D'],
  ])('%s: refused', async (_, name) => {
    expect(await alice.try('updateProfile', { name })).toMatchObject({ failure: { code: 'bad-input' } })
  })

  test.each(['al', '1lice', 'alice.', 'al..ice', 'аlice', 'alice bob', '../alice', 'x'.repeat(33), "a'--"])(
    'as a username, %j: refused',
    async (username) => {
      expect(await alice.try('findPerson', { username })).toMatchObject({ failure: { code: 'bad-input' } })
    },
  )

  test('a username in capitals is the same', async () => {
    expect(await alice.do('findPerson', { username: ' BOB ' })).toMatchObject({ account: bob.account })
  })
})

describe('[F3][K12] junk at the door', () => {
  const JUNK: unknown[] = [
    undefined,
    null,
    0,
    Number.NaN,
    '',
    'text',
    true,
    [],
    [{}],
    () => 1,
    Symbol('s'),
    10n,
    new Date(0),
    new Map(),
    { extra: 1 },
    { conversation: null },
    { conversation: 'person:not-one', text: 'x' },
    { conversation: `person:${'f'.repeat(1_000_000)}`, text: 'x' },
    { account: { toString: () => 'x' } },
    { message: -1 },
    { conversation: 'group:00000000-0000-4000-8000-000000000000', text: 'x', upTo: 1, typing: 'yes', limit: 1e308 },
    JSON.parse('{"__proto__":{"text":"x"},"constructor":{"prototype":{}}}'),
    deep(10_000),
  ]

  /** A box in a box in a box. */
  function deep(depth: number): unknown {
    let box: unknown = {}
    for (let i = 0; i < depth; i++) box = { conversation: box }
    return box
  }

  /** Whatever is not the engine's to answer is the host's. */
  function handlers(): Handlers {
    return new Proxy(alice.device.messenger.handlers as Handlers, {
      get: (engine, name) => Reflect.get(engine, name) ?? (async () => answer(null)),
    })
  }

  const WITHOUT_INPUT = new Set<CallName>(
    (Object.keys(api) as CallName[]).filter((name) => api[name].input.safeParse({}).success),
  )

  test.each(Object.keys(api) as CallName[])('%s: refused with a code, and nothing is broken', async (name) => {
    const broken: unknown[] = []
    const before = await alice.snapshot()
    for (const junk of JUNK) {
      const outcome = await dispatch(handlers(), name, junk, (_, error) => broken.push(error))
      // Only what asks for nothing may be answered, or refused otherwise; `{}`-like junk is its input.
      if (outcome.ok || outcome.failure.code !== 'bad-input') expect(WITHOUT_INPUT.has(name)).toBe(true)
    }
    expect(broken).toEqual([])
    expect((await alice.snapshot()).conversations).toEqual(before.conversations)
  })

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', 'sendmessage', null, 7, {}])(
    'a call named %j: unknown',
    async (name) => {
      const outcome = await dispatch(handlers(), name, {}, () => {
        throw new Error('broken')
      })
      expect(outcome).toEqual({ ok: false, failure: { code: 'unknown-call' } })
    },
  )

  test('a refusal says what does not fit, and why', async () => {
    const text = 'half \uD83D'
    const refused = await alice.try('sendMessage', { conversation: personConversation(bob.account), text })
    expect(refused).toMatchObject({ failure: { detail: 'text: lone surrogates are not text' } })
  })

  test('a refusal repeats nothing of the input', async () => {
    const refused = await alice.try('sendMessage', { conversation: 'person:CANARY' as never, text: 'CANARY\uD83D' })
    expect(JSON.stringify(refused)).not.toContain('CANARY')
  })
})

describe('what is not there', () => {
  const nobody = '00000000-0000-4000-8000-000000000000'
  const nowhere = personConversation(nobody as never)

  test.each<[CallName, object, string]>([
    ['openConversation', { account: nobody }, 'no-such-person'],
    ['blockPerson', { account: nobody }, 'no-such-person'],
    ['getSafetyNumber', { account: nobody }, 'no-such-person'],
    ['setVerified', { account: nobody, verified: true }, 'no-such-person'],
    ['checkScannedSafetyNumber', { account: nobody, scanned: '' }, 'no-such-person'],
    ['setNickname', { account: nobody, nickname: 'x' }, 'no-such-person'],
    ['setNote', { account: nobody, note: 'x' }, 'no-such-person'],
    ['setMuted', { conversation: nowhere, until: 'for-good' }, 'no-such-conversation'],
    ['setArchived', { conversation: nowhere, archived: true }, 'no-such-conversation'],
    ['setPinned', { conversation: nowhere, pinned: true }, 'no-such-conversation'],
    ['sendMessage', { conversation: nowhere, text: 'x' }, 'no-such-conversation'],
    ['saveDraft', { conversation: nowhere, text: 'x' }, 'no-such-conversation'],
    ['setTyping', { conversation: nowhere, typing: true }, 'no-such-conversation'],
    ['acceptRequest', { conversation: nowhere }, 'no-such-conversation'],
    ['refuseRequest', { conversation: nowhere }, 'no-such-conversation'],
    ['listMessages', { conversation: nowhere }, 'no-such-conversation'],
    ['markRead', { conversation: nowhere, upTo: nobody }, 'no-such-conversation'],
    ['deleteMessage', { message: nobody }, 'no-such-message'],
    ['retryMessage', { message: nobody }, 'no-such-message'],
  ])('%s: %j is %s', async (name, input, code) => {
    expect(await alice.try(name, input as never)).toMatchObject({ ok: false, failure: { code } })
  })
})
