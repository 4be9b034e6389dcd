// What people may call themselves: any script, and always something to see.

import { expect, test } from 'vitest'
import { DisplayName } from '../../src/shared/model.ts'

test.each([
  ['Zoë', true],
  ['مريم', true],
  ['👩\u200d🚀', true],
  ['', false],
  ['   ', false],
  ['\u200b\u202e', false],
  ['\u3164', false],
  ['Al\nice', false],
  ['Al\ud800', false],
])('%j: is it a name? %s', (name, isName) => {
  expect(DisplayName.safeParse(name).success).toBe(isName)
})
