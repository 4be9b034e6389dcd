// Codes and addresses of links, as people type, paste and scan them.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { base64url, readLinkAddress, writeLinkAddress } from '../../src/shared/link-address.ts'
import { CODE_ALPHABET, inGroups, LinkCode, linkCodeOf } from '../../src/shared/link-code.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })

test('a code survives being read aloud and typed', () => {
  fc.assert(
    fc.property(bytes(5), (random) => {
      const code = linkCodeOf(random)
      expect([...code].every((sign) => CODE_ALPHABET.includes(sign))).toBe(true)
      expect(LinkCode.parse(inGroups(code).toLowerCase())).toBe(code)
      expect(LinkCode.parse(` ${[...code].join(' ')} `.replaceAll('0', 'o').replaceAll('1', 'l'))).toBe(code)
    }),
  )
  expect(linkCodeOf(new Uint8Array([0xff, 0xff, 0xff, 0xff, 0xff]))).toBe('ZZZZZZZZ')
})

test('what is no code is none', () => {
  for (const typed of ['', '1234567', '123456789', 'ABCD-EFGU', 'ÄBCD-EFGH', '𝟎𝟎𝟎𝟎-0000'])
    expect(LinkCode.safeParse(typed).success).toBe(false)
})

test('an address is read as it was written', () => {
  fc.assert(
    fc.property(
      bytes(5),
      bytes(32),
      fc.option(fc.webUrl({ validSchemes: ['ws', 'wss'] })),
      (code, commitment, relay) => {
        const address = { code: linkCodeOf(code), relay: relay ?? undefined, commitment: base64url(commitment) }
        expect(address.commitment).toBe(Buffer.from(commitment).toString('base64url'))
        expect(readLinkAddress(writeLinkAddress(address))).toEqual(address)
      },
    ),
  )
})

test('hostile ones are read as nothing, and nothing is thrown', () => {
  for (const typed of [
    'sotto:link',
    'sotto:link?',
    'sotto:link?code=',
    'sotto:link?code=AB12CD34&code=AB12CD35',
    'sotto:link?code=AB12CD34&relay=javascript:alert(1)',
    'sotto:link?code=AB12CD34&relay=https://example.org',
    'sotto:link?code=AB12CD34&relay=%E0%A4%A',
    'sotto:link?code=AB12CD34&commitment=short',
    'sotto:invite?code=AB12CD34',
    `sotto:link?code=AB12CD34&relay=wss://${'a'.repeat(2000)}`,
    'https://sotto.example/link?code=AB12CD34',
  ])
    expect(readLinkAddress(typed), typed).toBeUndefined()
  fc.assert(fc.property(fc.string(), (typed) => void readLinkAddress(`sotto:link?${typed}`)))
})
