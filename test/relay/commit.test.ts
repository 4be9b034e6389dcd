// When what is written goes to the disk: in the next turn, or, where nobody waits for it, with what is written next.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { openSqlite } from '../../src/host/sqlite.ts'
import { DELIVERY_WINDOW } from '../../src/relay/limits.ts'
import { createGroupCommit } from '../../src/relay/stores/sqlite/commit.ts'
import { createTestClock } from './clock.ts'

function openCommit() {
  const sql = openSqlite({ file: ':memory:' })
  onTestFinished(() => sql.close())
  const clock = createTestClock()
  let commits = 0
  const beforeCommit = () => {
    commits += 1
  }
  const commit = createGroupCommit(sql, { beforeCommit, afterRollback: () => {}, crash: undefined, clock })
  const done: string[] = []
  const acknowledge = (what: string, items = 1) =>
    void commit.writeInCompany('acknowledge', items, () => {}).then(() => done.push(what))
  const append = (what: string) => void commit.write('append', () => {}).then(() => done.push(what))
  return { clock, commit, acknowledge, append, done, commits: () => commits }
}

test('[S6] an acknowledgement goes along with the next message, in the order they came', async () => {
  const { clock, acknowledge, append, done, commits } = openCommit()
  acknowledge('first')
  await nextTurn()
  expect([done, commits()]).toEqual([[], 0])
  append('message')
  acknowledge('second')
  await nextTurn()
  clock.advance(1000)
  expect([done, commits()]).toEqual([['first', 'message', 'second'], 1])
})

test('[S6] without company it goes by itself, a little later', async () => {
  const { clock, acknowledge, done, commits } = openCommit()
  acknowledge('first')
  acknowledge('second')
  clock.advance(10)
  await nextTurn()
  expect([done, commits()]).toEqual([['first', 'second'], 1])
  acknowledge('third')
  clock.advance(10)
  await nextTurn()
  expect([done, commits()]).toEqual([['first', 'second', 'third'], 2])
})

test('[P53] many need no company: a device whose window is full is not kept waiting', async () => {
  const { acknowledge, done, commits } = openCommit()
  acknowledge('some', DELIVERY_WINDOW / 2 - 1)
  await nextTurn()
  expect(commits()).toBe(0)
  acknowledge('one more')
  await nextTurn()
  expect([done, commits()]).toEqual([['some', 'one more'], 1])
})

test('[S2] closing commits what waits, and nothing is taken afterwards', async () => {
  const { commit, acknowledge, done, commits } = openCommit()
  acknowledge('last')
  commit.close()
  await nextTurn()
  expect([done, commits()]).toEqual([['last'], 1])
  await expect(commit.write('append', () => {})).rejects.toThrow('closed')
})
