// The sentences: each refusal has one, each can be formed, and what strangers write cannot bend them.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { inTab, listed } from '../../src/renderer/features/list/listed.ts'
import { usernameFrom } from '../../src/renderer/features/welcome/username-from.ts'
import { keysText, shortcutFor, shortcuts } from '../../src/renderer/features/window/shortcuts.ts'
import { failureSentence } from '../../src/renderer/text/failures.ts'
import { initials, shownName, shownText } from '../../src/renderer/text/plain.ts'
import { say } from '../../src/renderer/text/say.ts'
import { type SentenceKey, sentences } from '../../src/renderer/text/sentences.ts'
import { FailureCode } from '../../src/shared/failure.ts'
import { Instant } from '../../src/shared/ids.ts'
import { alba, conversation, iris, jonas, maya } from './harness/people.ts'

const everyKey = Object.keys(sentences) as SentenceKey[]

describe('sentences', () => {
  test('each is in one file, and every file is among them', async () => {
    const folder = join(import.meta.dirname, '../../src/renderer/text/sentences')
    const areas: object[] = await Promise.all(readdirSync(folder).map((name) => import(join(folder, name))))
    const inFiles = areas.flatMap((area) => Object.values(area).flatMap((told: object) => Object.keys(told)))
    expect(inFiles.toSorted()).toEqual(everyKey.toSorted())
  })

  test.each(FailureCode.options)('%s says what to do', (code) => {
    expect(failureSentence({ code, retryAfter: 1500 })).toMatch(/^[A-Za-z].*\.$/)
  })

  test('every sentence can be formed', () => {
    const values = { count: 2, seconds: 3, name: 'N', text: 't', time: 't', why: 'w', username: 'u', query: 'q' }
    const more = {
      shortcut: 's',
      relay: 'r',
      code: 'c',
      what: 'w',
      date: 'd',
      version: 'v',
      number: 3,
      profile: 'p',
      actor: 'a',
      people: 'b',
      percent: 4,
      place: '/p',
    }
    const ofGroups = {
      role: 'o',
      epoch: 2,
      device: 1,
      days: 3,
      group: 'g',
      verified: 1,
      others: 2,
      of: 3,
      members: 4,
      chosen: 5,
      most: 6,
    }
    const linking = { minutes: 4, done: 5, total: 6 }
    const all = { ...values, ...more, ...ofGroups, ...linking }
    for (const key of everyKey) expect(say(key, all), key).not.toMatch(/[{}]/)
  })

  test('nobody is told about keys or sessions, but that a group has new keys: nothing else says who is shut out', () => {
    const told = everyKey.filter((key) => /\b(key|keys|session|sessions)\b/i.test(sentences[key]))
    const ofGroups = told.filter(
      (key) => key.startsWith('group.') && !/\b(key|session|sessions)\b/i.test(sentences[key]),
    )
    expect(told).toEqual(ofGroups)
  })

  test('a name that runs the other way stays inside its place', () => {
    expect(say('conversation.typing', { name: 'نور' })).toBe('\u2068نور\u2069 is typing…')
    expect(say('conversation.typing', { name: 'Maya' })).toBe('Maya is typing…')
  })

  test('one and many', () => {
    expect(say('conversation.newMessages', { count: 1 })).toBe('1 new message')
    expect(say('conversation.newMessages', { count: 2 })).toBe('2 new messages')
  })
})

describe('[F43] what strangers write', () => {
  test('a direction override cannot turn a name around', () => {
    expect(shownName('Maya\u202Egpj.exe')).toBe('Maya gpj.exe')
  })

  test('line breaks and NUL do not reach the layout of a name', () => {
    expect(shownName('Ma\u0000ya\nLindqvist')).toBe('Ma ya Lindqvist')
  })

  test('ten thousand marks on one letter become four', () => {
    expect(shownText(`Z${'\u0301'.repeat(8000)}!`)).toBe(`Z${'\u0301'.repeat(4)}!`)
    expect(shownName(`Z${'\u0301'.repeat(10_000)}`)).toBe(`Z${'\u0301'.repeat(4)}`)
  })

  test('a megabyte on one line is cut before it is laid out', () => {
    expect(shownText('x'.repeat(1_000_000)).length).toBeLessThan(8200)
    expect(shownName('x'.repeat(1_000_000))).toHaveLength(65)
  })

  test('marks that a word needs stay', () => {
    expect(shownText('नमस्ते, Việt Nam, café')).toBe('नमस्ते, Việt Nam, café')
  })

  test('initials come from letters only', () => {
    expect(initials('Maya Lindqvist')).toBe('ML')
    expect(initials('<script>alert(1)</script>')).toBe('<S')
    expect(initials('🔥')).toBe('')
  })
})

describe('the list', () => {
  const asks = conversation(maya, { state: 'incoming-request', unread: 2, lastAt: Instant.parse(1) })
  const talks = conversation(iris, { lastAt: Instant.parse(3) })
  const unread = conversation(jonas, { unread: 1, lastAt: Instant.parse(2) })

  test('stands newest first', () => {
    expect(listed([asks, talks, unread], 'all', '').map((row) => row.person?.name)).toEqual([
      'Iris Okafor',
      'Jonas Thiel',
      'Maya Lindqvist',
    ])
  })

  test('finds by name and by username, without case and accents', () => {
    const jose = conversation({ ...alba, account: maya.account, name: 'José' })
    expect(listed([jose, talks], 'all', 'JOSE')).toEqual([jose])
    expect(listed([jose, talks], 'all', '@iri')).toEqual([talks])
  })

  test('requests are those who ask', () => {
    expect([asks, talks, unread].filter((row) => inTab(row, 'requests'))).toEqual([asks])
  })
})

describe('keys', () => {
  const bare = { ctrlKey: false, metaKey: false, shiftKey: false, altKey: false }

  test('Ctrl K here, Cmd K on a Mac', () => {
    expect(shortcutFor({ ...bare, key: 'k', ctrlKey: true }, false)).toBe('palette')
    expect(shortcutFor({ ...bare, key: 'k', metaKey: true }, true)).toBe('palette')
    expect(shortcutFor({ ...bare, key: 'k', ctrlKey: true }, true)).toBeUndefined()
    expect(shortcutFor({ ...bare, key: 'k' }, false)).toBeUndefined()
  })

  test('no two shortcuts are the same keys', () => {
    const keys = shortcuts.map((shortcut) => keysText(shortcut, false))
    expect(new Set(keys).size).toBe(keys.length)
  })
})

test('a username is proposed from a name', () => {
  expect(usernameFrom('Zoë Ångström-Lund')).toBe('zoe.angstrom.lund')
  expect(usernameFrom('42 Wallaby Way')).toBe('wallaby.way')
  expect(usernameFrom('نور')).toBe('')
})
