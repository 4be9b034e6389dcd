// The door: what a handler throws is told to whoever keeps the log, and to nobody else.

import { expect, test } from 'vitest'
import { answer } from '../../src/shared/answer.ts'
import type { Handlers } from '../../src/shared/api.ts'
import { dispatch } from '../../src/shared/dispatch.ts'
import { SqlFailure } from '../../src/shared/sql.ts'

async function reconnect(work: () => Promise<null>) {
  const broken: unknown[] = []
  const handlers = { reconnect: async () => answer(await work()) } as unknown as Handlers
  const outcome = await dispatch(handlers, 'reconnect', {}, (call, error) => broken.push([call, error]))
  return { outcome, broken }
}

test('a mistake of ours is told as one, without its words', async () => {
  const mistake = new Error('a secret')
  expect(await reconnect(() => Promise.reject(mistake))).toEqual({
    outcome: { ok: false, failure: { code: 'internal' } },
    broken: [['reconnect', mistake]],
  })
})

test('[F38] a disk that is full is a refusal, whatever the call had to store', async () => {
  expect(await reconnect(() => Promise.reject(new SqlFailure('full', 'database or disk is full')))).toEqual({
    outcome: { ok: false, failure: { code: 'disk-full' } },
    broken: [],
  })
})
