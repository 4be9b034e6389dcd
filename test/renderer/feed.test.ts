// Following the engine: one snapshot, then changes; a missed revision begins again, and nothing that came meanwhile is lost.

import { beforeEach, expect, test } from 'vitest'
import { currentMirror, follow, useMirrorOrNothing } from '../../src/renderer/store/feed.ts'
import { type Answer, answer } from '../../src/shared/answer.ts'
import type { CallName, CallOutput, Client } from '../../src/shared/api.ts'
import type { ChangeSet, Snapshot } from '../../src/shared/model.ts'
import { emptySnapshot } from './harness/people.ts'

/** An engine that answers only when told to. */
function engine() {
  const asked: Array<(snapshot: Snapshot) => void> = []
  let tell: (set: ChangeSet) => void = () => undefined
  const client: Client = {
    invoke: <Name extends CallName>() =>
      new Promise<Answer<CallOutput<Name>>>((resolve) => {
        asked.push((snapshot) => resolve(answer(snapshot as CallOutput<Name>)))
      }),
    onChange: (listener) => {
      tell = listener
      return () => undefined
    },
  }
  return {
    client,
    asked,
    dark: (revision: number) =>
      tell({
        revision,
        changes: [{ kind: 'settings', settings: { theme: 'dark', readReceipts: true, typingIndicators: true } }],
      }),
    plain: (revision: number) => tell({ revision, changes: [] }),
    answerWith: async (revision: number) => {
      asked.shift()?.({ ...emptySnapshot(0), revision })
      await new Promise((settled) => setImmediate(settled))
    },
  }
}

beforeEach(() => useMirrorOrNothing.setState(null, true))

test('there is nothing to show before the first snapshot', async () => {
  const { client, answerWith } = engine()
  follow(client)
  expect(currentMirror()).toBeNull()
  await answerWith(7)
  expect(currentMirror()?.revision).toBe(7)
})

test('changes that come while the snapshot is on its way apply after it', async () => {
  const { client, answerWith, dark, plain } = engine()
  follow(client)
  plain(7)
  dark(8)
  await answerWith(7)
  expect(currentMirror()).toMatchObject({ revision: 8, settings: { theme: 'dark' } })
})

test('a missed revision asks for one snapshot, however many changes follow', async () => {
  const { client, asked, answerWith, dark, plain } = engine()
  follow(client)
  await answerWith(7)
  plain(9)
  plain(10)
  dark(11)
  expect(asked).toHaveLength(1)
  await answerWith(10)
  expect(currentMirror()).toMatchObject({ revision: 11, settings: { theme: 'dark' } })
})

test('who stopped following hears nothing more', async () => {
  const { client, answerWith } = engine()
  follow(client)()
  await answerWith(7)
  expect(currentMirror()).toBeNull()
})
