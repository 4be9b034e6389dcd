// The recovery code: what a person writes down opens the key again, and nothing else does.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { systemRandom } from '../../src/host/random.ts'
import { makeCode, readCode, showCode, unwrapKey, wrapKey } from '../../src/host/recovery-code.ts'
import { Secret } from '../../src/host/secret.ts'

const key = () => new Secret(systemRandom.bytes(32))

test('[E8] eight groups of four letters that cannot be misread', () => {
  const groups = showCode(makeCode(systemRandom))
  expect(groups).toHaveLength(8)
  for (const group of groups) expect(group).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}$/)
})

test('[E8] what is shown reads back as the same code, however it is typed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), fc.constantFrom(' ', '-', '', '\n'), (bytes, gap) => {
      const code = new Secret(new Uint8Array(bytes))
      const typed = showCode(code).join(gap).toLowerCase().replaceAll('0', 'o').replaceAll('1', 'l')
      expect(readCode(typed)?.equals(code)).toBe(true)
    }),
  )
})

test.each(['', 'K7QF', 'U'.repeat(32), `${'0'.repeat(31)}é`, '0'.repeat(33)])('[E8] %j is no code', (typed) => {
  expect(readCode(typed)).toBeUndefined()
})

test('[E8] the code opens the key it wraps; another code, or a changed file, does not', () => {
  const secret = key()
  const code = makeCode(systemRandom)
  const wrapped = wrapKey(secret, code, systemRandom)
  expect(unwrapKey(wrapped, code)?.equals(secret)).toBe(true)
  expect(unwrapKey(wrapped, makeCode(systemRandom))).toBeUndefined()
  for (const field of ['salt', 'nonce', 'sealed'] as const) {
    const bytes = Buffer.from(wrapped[field], 'base64')
    bytes.writeUInt8((bytes.readUInt8(0) ^ 1) & 0xff, 0)
    expect(unwrapKey({ ...wrapped, [field]: bytes.toString('base64') }, code)).toBeUndefined()
  }
  expect(unwrapKey({ ...wrapped, sealed: '' }, code)).toBeUndefined()
})

test('[E8] what lies on the disk holds neither the key nor the code', () => {
  const secret = key()
  const code = makeCode(systemRandom)
  const file = JSON.stringify(wrapKey(secret, code, systemRandom))
  for (const group of showCode(code)) expect(file).not.toContain(group)
  expect(file).not.toContain(secret.use((bytes) => Buffer.from(bytes).toString('base64').slice(0, 40)))
})
