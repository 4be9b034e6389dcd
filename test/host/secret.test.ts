// A secret does not slip out by being printed, logged, sent or compared.

import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { Secret } from '../../src/host/secret.ts'

const BYTES = [101, 102, 103, 104]
const secret = () => new Secret(Uint8Array.from(BYTES))

test('however it is turned into text, its bytes are not in it', () => {
  const one = secret()
  const texts = [`${one}`, String(one), JSON.stringify({ one }), inspect(one, { showHidden: true }), inspect({ one })]
  for (const text of texts) {
    expect(text).toContain('[secret]')
    expect(text).not.toMatch(/101|efgh|65666768/)
  }
})

test('a clone of it holds nothing', () => {
  const cloned: unknown = structuredClone(secret())
  expect(Object.keys(Object(cloned))).toEqual([])
  expect(cloned).not.toBeInstanceOf(Secret)
  expect({ ...secret() }).toEqual({})
})

test('two of them are compared by asking, and one that was forgotten is gone', () => {
  const one = secret()
  expect(one.equals(secret())).toBe(true)
  expect(one.equals(new Secret(new Uint8Array(4)))).toBe(false)
  expect(one.equals(new Secret(new Uint8Array(5)))).toBe(false)
  one.forget()
  expect(one.use((bytes) => [...bytes])).toEqual([0, 0, 0, 0])
})
