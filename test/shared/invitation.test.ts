// The links that people are invited with, and everything that only looks like one.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromBase64, toBase64 } from '../../src/shared/base64.ts'
import { Username } from '../../src/shared/ids.ts'
import type { Invitation } from '../../src/shared/invitation.ts'
import { canonical, MAX_LINK_LENGTH, readInvitationLink, writeInvitation } from '../../src/shared/invitation-link.ts'

const HINT = '00112233445566778899aabbccddeeff'
const LINK = `sotto:invite?relay=wss://relay.example.org:8433&name=alice&hint=${HINT}`
const ALICES: Invitation = {
  relay: { kind: 'address', url: 'wss://relay.example.org:8433' },
  username: Username.parse('alice'),
  hint: HINT,
  code: null,
}

test('[P172] it says the relay, the name, the hint, and the code if there is one; what is written is what is read', () => {
  expect(readInvitationLink(LINK)).toEqual(ALICES)
  expect(writeInvitation(ALICES)).toBe(LINK)
  expect(readInvitationLink(`${LINK}&code=aB3_-x`)).toEqual({ ...ALICES, code: 'aB3_-x' })
  expect(readInvitationLink(` \n${LINK}\t`)).toEqual(ALICES)
  // A later version may say more.
  expect(readInvitationLink(`${LINK}&group=7`)).toEqual(ALICES)
  const here: Invitation = { ...ALICES, relay: { kind: 'this-computer' } }
  expect(readInvitationLink(writeInvitation(here) ?? '')).toEqual(here)
})

describe('[P173] what is not read', () => {
  const swap = (from: string, to: string) => LINK.replace(from, to)
  test.each([
    ['nothing', ''],
    ['another scheme', swap('sotto:', 'https:')],
    ['capitals in the scheme', swap('sotto:', 'SOTTO:')],
    ['another deed', swap('invite', 'erase')],
    ['no relay', swap('relay=wss://relay.example.org:8433&', '')],
    ['no name', swap('&name=alice', '')],
    ['no hint', swap(`&hint=${HINT}`, '')],
    ['a name twice', `${LINK}&name=mallory`],
    ['a relay twice', `${LINK}&relay=wss://evil.example.org`],
    ['percent-encoding', swap('alice', '%61lice')],
    ['a percent-encoded separator', swap('&name', '%26name')],
    ['a name in capitals', swap('alice', 'Alice')],
    ['a name that looks alike in another alphabet', swap('alice', 'аlice')],
    ['a name with a bidirectional override', swap('alice', 'al\u202eice')],
    ['a control character', swap('alice', 'ali\u0000ce')],
    ['a line break in the middle', swap('&name', '\n&name')],
    ['a space in the middle', swap('alice', 'al ice')],
    ['a short hint', LINK.slice(0, -1)],
    ['a hint in capitals', swap(HINT, HINT.toUpperCase())],
    ['somebody before the @ of the address', swap('relay.example.org', 'relay.example.org@evil.example.org')],
    ['an address with a query', swap(':8433', ':8433?x=1')],
    ['an address with a fragment', swap(':8433', ':8433#x')],
    ['an address over http', swap('wss:', 'https:')],
    ['an address in the clear beyond the own network', swap('wss:', 'ws:')],
    ['an address in capitals', swap('relay.example', 'Relay.example')],
    ['an address in another alphabet', swap('relay.example', 'relаy.example')],
    ['an address with full-width letters', swap('relay.example', 'ｒelay.example')],
    ['an address that a browser would read as 127.0.0.1', swap('relay.example.org', '0x7f.1')],
    ['an address as one number', swap('relay.example.org', '2130706433')],
    ['an address with octal parts', swap('relay.example.org', '0177.0.0.1')],
    ['an address with a backslash', swap('//relay', '\\\\relay')],
    ['an address that climbs', swap(':8433', ':8433/a/../b')],
    ['the port that goes without saying', swap(':8433', ':443')],
    ['a port that is none', swap(':8433', ':99999')],
    ['an empty label', swap('relay.example', 'relay..example')],
    ['a code with a quote in it', `${LINK}&code=a"b`],
    ['a script', 'sotto:invite?<script>alert(1)</script>'],
    ['a prototype', `sotto:invite?__proto__=x&${LINK.slice('sotto:invite?'.length)}`],
    ['too much', `${LINK}&more=${'x'.repeat(MAX_LINK_LENGTH)}`],
  ])('%s', (_, link) => {
    expect(readInvitationLink(link)).toBeUndefined()
  })

  test('whatever else: nothing throws, and what is read is written back as it was', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc
        .tuple(fc.nat({ max: LINK.length }), fc.string({ unit: 'grapheme', maxLength: 6 }), fc.nat({ max: 4 }))
        .map(([at, put, cut]) => LINK.slice(0, at) + put + LINK.slice(at + cut)),
      fc
        .array(
          fc.constantFrom(
            'sotto:invite?',
            'relay=',
            'wss://',
            'ws://[::1]',
            'name=',
            'hint=',
            HINT,
            '&',
            '=',
            '%',
            'a.b',
          ),
        )
        .map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(text, (link) => {
        const read = readInvitationLink(link)
        if (read === undefined) return
        const written = writeInvitation(read)
        expect(readInvitationLink(written ?? '')).toEqual(read)
        expect(written).toMatch(/^[\x21-\x7e]+$/)
      }),
      { numRuns: 20_000 },
    )
  })
})

describe('[P173] addresses without TLS are those of one’s own network', () => {
  test.each([
    'ws://127.0.0.1:8433',
    'ws://localhost:8433',
    'ws://10.1.2.3',
    'ws://192.168.1.4:8433',
    'ws://172.16.0.1',
    'ws://[::1]:8433',
    'ws://[fd12::1]',
    'ws://nas:8433',
    'ws://nas.local',
  ])('%s', (address) => expect(canonical(address)).toBe(address))

  test.each([
    'ws://172.32.0.1',
    'ws://11.0.0.1',
    'ws://relay.example.org',
    'ws://[2001:db8::1]',
    'ws://10.evil.example.org',
  ])('not %s', (address) => expect(canonical(address)).toBeUndefined())

  test('one way to write each', () => {
    expect(canonical('wss://Relay.Example.org:443/')).toBe('wss://relay.example.org')
    expect(canonical('wss://relay.example.org/chat')).toBe('wss://relay.example.org/chat')
  })
})

test('base64: what is written is read, and there is one way to write each', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const text = toBase64(bytes)
      expect(text).toBe(Buffer.from(bytes).toString('base64'))
      expect(fromBase64(text)).toEqual(new Uint8Array(bytes))
    }),
  )
  for (const text of ['A', 'AB', 'A===', 'AB==AAAA', 'AA=A', 'AAB=', 'A A=', 'AA-_', 'QUJ='])
    expect(fromBase64(text), text).toBeUndefined()
})
