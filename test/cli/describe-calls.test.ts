// What the documentation says of the calls is what the contract says.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { BEGIN, DOCUMENT, describeCalls } from '../../scripts/describe-calls.ts'
import { api } from '../../src/shared/api.ts'

test('every call is described, as it is today', () => {
  const [, written] = readFileSync(DOCUMENT, 'utf8').split(BEGIN)
  for (const name of Object.keys(api)) expect(written).toContain(`### ${name}\n`)
  expect(written, 'run node scripts/describe-calls.ts').toBe(`\n${describeCalls()}`)
})
