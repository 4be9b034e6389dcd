// Rules have numbers, and tests say which ones they see kept. Neither side may name what the other does not know.

import { expect, test } from 'vitest'
import { notSeenYet } from './not-seen-yet.ts'
import { filesIn, read } from './project.ts'

/** Where the rules of each letter are written down. */
const documentOf = {
  P: 'docs/protocol.md',
  S: 'docs/storage.md',
  E: 'docs/storage.md',
  K: 'docs/behaviours.md',
  X: 'docs/behaviours.md',
  D: 'docs/behaviours.md',
  G: 'docs/behaviours.md',
  F: 'docs/behaviours.md',
  W: 'docs/behaviours.md',
}

const defined = new Set<string>()
for (const [letter, document] of Object.entries(documentOf)) {
  for (const [, id = ''] of read(document).text.matchAll(new RegExp(`\\*\\*\\[(${letter}\\d+)\\]\\*\\*`, 'g')))
    defined.add(id)
}

const tests = filesIn('test', /\.(test|spec|suite)\.tsx?$/).map(read)
/** Titles begin with their ids, alone or in a row: '[P51][P53] what Alice submits …'. */
const seen = new Map<string, string>()
for (const { path, text } of tests) {
  for (const [, ids = ''] of text.matchAll(/['"`]((?:\[[A-Z]\d+\])+)/g)) {
    for (const [, id = ''] of ids.matchAll(/\[(\w+)\]/g)) seen.set(id, path)
  }
}

test('no rule is written down twice', () => {
  for (const document of new Set(Object.values(documentOf))) {
    const ids = [...read(document).text.matchAll(/\*\*\[([A-Z]\d+)\]\*\*/g)].map(([, id]) => id)
    expect(
      ids.filter((id, at) => ids.indexOf(id) !== at),
      document,
    ).toEqual([])
  }
})

test('every id that a test is named after is written down', () => {
  const unknown = [...seen].filter(([id]) => !defined.has(id)).map(([id, path]) => `${id} in ${path}`)
  expect(unknown).toEqual([])
})

test('every id that the sources mention is written down', () => {
  const unknown = filesIn('src', /\.(ts|tsx|proto)$/).flatMap((path) =>
    [...read(path).text.matchAll(/\[([PSEKXDGFW]\d+)\]/g)]
      .filter(([, id = '']) => !defined.has(id))
      .map(([, id]) => `${id} in ${path}`),
  )
  expect(unknown).toEqual([])
})

test('every rule is seen by a test, or is on the list of those that are not yet', () => {
  expect([...defined].filter((id) => !seen.has(id) && !notSeenYet.includes(id))).toEqual([])
})

test('the list of rules not seen yet only shrinks: take off what a test sees now', () => {
  expect(notSeenYet.filter((id) => seen.has(id) || !defined.has(id))).toEqual([])
})
