// What is typed is checked without schemas in the window, and by schemas at the door: both say the same of everything.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Username } from '../../src/shared/ids.ts'
import { About, DeviceName, DisplayName, MessageText, Passphrase, RelayPlace } from '../../src/shared/model.ts'
import {
  isMessageText,
  isPassphrase,
  readAbout,
  readDeviceName,
  readName,
  readRelayPlace,
  readUsername,
} from '../../src/shared/typed.ts'

const pieces = fc.constantFrom(
  ...['a', 'Z', '7', ' ', '\t', '\n', '.', '_', '-', '@', 'ﬃ', 'é', 'e\u0301', '👩\u200d🚀', '\u200b', '\u3164'],
  ...['\ud800', '\u0000', 'ws:', 'wss:', 'http:', '//', '/', ':', '[::1]', '127.0.0.1', 'relay.example.org', ':8433'],
  ...['x'.repeat(31), 'n'.repeat(63), 'm'.repeat(139), 'p'.repeat(255), 'u'.repeat(490), '🉉'.repeat(7), '🉉'.repeat(63)],
)
const typed = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.array(pieces, { maxLength: 6 }).map((parts) => parts.join('')),
  fc.array(pieces, { maxLength: 3 }).map((parts) => `wss://${parts.join('')}`),
)

const pairs: Record<string, [window: (text: string) => unknown, door: (text: string) => unknown]> = {
  'a name': [readName, (text) => DisplayName.safeParse(text).data],
  'the name of a device': [readDeviceName, (text) => DeviceName.safeParse(text).data],
  'a username': [readUsername, (text) => Username.safeParse(text).data],
  'a line about oneself': [readAbout, (text) => About.safeParse(text).data],
  'a message': [isMessageText, (text) => MessageText.safeParse(text).success],
  'a passphrase': [isPassphrase, (text) => Passphrase.safeParse(text).success],
  'where a relay is': [readRelayPlace, (url) => RelayPlace.safeParse({ kind: 'address', url }).data],
}

test.each(Object.entries(pairs))('%s: the window and the door agree', (_, [window, door]) => {
  fc.assert(
    fc.property(typed, (text) => {
      expect(window(text)).toEqual(door(text))
    }),
    { numRuns: 5_000 },
  )
})

test('what is typed is taken as it is kept', () => {
  expect(readName('  Zoë ')).toBe('Zoë')
  expect(readUsername(' Alba.Lund ')).toBe('alba.lund')
  expect(readRelayPlace(' wss://relay.example.org\n')).toEqual({ kind: 'address', url: 'wss://relay.example.org' })
  expect(readRelayPlace('https://relay.example.org')).toBeUndefined()
  expect(isPassphrase('short')).toBe(false)
})
