// Ids that were taken lately are told apart by every byte of them, however a sender chooses them.

import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createRecentIds } from '../../src/relay/stores/sqlite/recent-ids.ts'
import type { SubmissionKey } from '../../src/relay/stores/sqlite/submissions.ts'
import type { Instant } from '../../src/shared/ids.ts'
import { NOW } from '../contract/relay-store.suite.ts'

const ROOM = 64
const at = (index: number) => (NOW + index) as Instant

/** One for every byte of its parts that is another one. */
function likeIt({ account, sender, submission }: SubmissionKey): SubmissionKey[] {
  const changed = (bytes: Uint8Array) =>
    Array.from({ length: 16 }, (_, index) => bytes.map((byte, at) => (at === index ? byte ^ 1 : byte)))
  return [
    { account: account + 1, sender, submission },
    ...changed(sender).map((other) => ({ account, sender: other, submission })),
    ...changed(submission).map((other) => ({ account, sender, submission: other })),
  ]
}

test('[S4] an id is found under its own account and sender alone', () => {
  const ids = createRecentIds(ROOM)
  const key = { account: 7, sender: randomBytes(16), submission: randomBytes(16) }
  ids.add(key, at(1))
  expect(ids.find({ ...key, sender: Uint8Array.from(key.sender) })).toBe(at(1))
  for (const other of likeIt(key)) expect(ids.find(other)).toBeUndefined()
  for (const [index, other] of likeIt(key).entries()) ids.add(other, at(2 + index))
  for (const [index, other] of likeIt(key).entries()) expect(ids.find(other)).toBe(at(2 + index))
  expect(ids.find(key)).toBe(at(1))
})

test('[S4] a table full of ids that all fall on its last place still knows each, and no other', () => {
  const ids = createRecentIds(ROOM)
  const key = (index: number) => {
    const submission = Buffer.alloc(16, 0xff)
    submission.writeUInt32BE(index, 12)
    return { account: 1, sender: Buffer.alloc(16), submission }
  }
  for (let index = 0; index < ROOM; index++) ids.add(key(index), at(index))
  expect(ids.size).toBe(ROOM)
  for (let index = 0; index < ROOM; index++) expect(ids.find(key(index))).toBe(at(index))
  expect(ids.find(key(ROOM))).toBeUndefined()
  expect(() => ids.add(key(ROOM), at(0))).toThrow(RangeError)
  ids.clear()
  expect([ids.size, ids.find(key(0))]).toEqual([0, undefined])
})

test('[S4] entries are the same after they were on the disk, and can be had from one of them on', () => {
  const ids = createRecentIds(ROOM)
  const taken = Array.from({ length: ROOM }, (_, index) => ({
    key: { account: 2 ** 40 + (index % 3), sender: randomBytes(16), submission: randomBytes(16) },
    at: at(index),
  }))
  for (const { key, at } of taken) ids.add(key, at)
  const again = createRecentIds(ROOM)
  again.addEntries(ids.entriesFrom(0).slice(0, ids.entriesFrom(0).length - ids.entriesFrom(5).length))
  again.addEntries(ids.entriesFrom(5))
  for (const { key, at } of taken) expect(again.find(key)).toBe(at)
  const plain = ({ account, sender, submission }: SubmissionKey, at: number) =>
    [account, Buffer.from(sender).toString('hex'), Buffer.from(submission).toString('hex'), at].join()
  const sorted = again.sorted()
  expect(new Set(sorted.map(({ at, ...key }) => plain(key, at)))).toEqual(
    new Set(taken.map(({ key, at }) => plain(key, at))),
  )
  expect(sorted.map(({ account }) => account)).toEqual(taken.map(({ key }) => key.account).toSorted((a, b) => a - b))
  expect(() => again.addEntries(ids.entriesFrom(ROOM - 1))).toThrow(RangeError)
})
