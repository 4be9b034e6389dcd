// What was submitted before is known, wherever its id is kept: in the short table, in the large one, or in both by turns.

import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemRandom } from '../../src/host/random.ts'
import { openSqlite } from '../../src/host/sqlite.ts'
import { createSubmissions, MOST_RECENT } from '../../src/relay/stores/sqlite/submissions.ts'
import { MIGRATIONS, openSqliteStore } from '../../src/relay/stores/sqlite.ts'
import { AccountId, type Instant, uuidToBytes } from '../../src/shared/ids.ts'
import { makeAccount, NOW, submission, text } from '../contract/relay-store.suite.ts'
import { temporaryFolder } from './open.ts'

function openTables() {
  const sql = openSqlite({ file: ':memory:' })
  for (const statements of MIGRATIONS) sql.script(statements)
  for (const number of [1, 2])
    sql.run(
      `INSERT INTO accounts (number, account, username, identity_key, registered_at, list, list_signature, list_version)
       VALUES (?, ?, ?, x'05', 1, x'00', x'00', 1)`,
      [number, `account ${number}`, `name ${number}`],
    )
  onTestFinished(() => sql.close())
  const rows = (table: string) => sql.get<{ rows: number }>(`SELECT count(*) AS rows FROM ${table}`)?.rows
  return { sql, rows }
}

const from = AccountId.parse(randomUUID())
const sender = uuidToBytes(from)
const keys = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ account: 1 + (index % 2), sender, submission: randomBytes(16) }))
const at = (index: number) => (NOW + index) as Instant

test('[S4] an id is known as long as it is recent, when it was sorted in, and after a restart', () => {
  const { sql, rows } = openTables()
  const taken = keys(MOST_RECENT + 100)
  const submissions = createSubmissions(sql)
  sql.transaction(() => {
    for (const [index, key] of taken.entries()) submissions.take(key, at(index))
    submissions.flush()
  })
  expect([rows('recent_submissions'), rows('submissions')]).toEqual([1, MOST_RECENT])
  for (const known of [submissions, createSubmissions(sql)]) {
    for (const [index, key] of taken.entries()) expect(known.takenAt(key, from)).toBe(at(index))
    for (const key of keys(10)) expect(known.takenAt(key, from)).toBeUndefined()
    // Of another sender, or to somebody else, it is another one.
    for (const key of [...taken.slice(0, 10), ...taken.slice(-10)]) {
      const other = AccountId.parse(randomUUID())
      expect(known.takenAt({ ...key, account: 3 - key.account }, from)).toBeUndefined()
      expect(known.takenAt({ ...key, sender: uuidToBytes(other) }, other)).toBeUndefined()
    }
  }
})

test('[S4] what a commit takes is one row, and is there after it', () => {
  const { sql, rows } = openTables()
  const submissions = createSubmissions(sql)
  const commits = [keys(3), keys(1), [], keys(2)]
  for (const taken of commits)
    sql.transaction(() => {
      for (const [index, key] of taken.entries()) submissions.take(key, at(index))
      submissions.flush()
    })
  expect([rows('recent_submissions'), rows('submissions')]).toEqual([3, 0])
  const afterwards = createSubmissions(sql)
  for (const taken of commits)
    for (const [index, key] of taken.entries()) expect(afterwards.takenAt(key, from)).toBe(at(index))
})

test('[S4] what was rolled back was never taken', () => {
  const { sql, rows } = openTables()
  const submissions = createSubmissions(sql)
  const taken = keys(MOST_RECENT + 1)
  const failing = () =>
    sql.transaction(() => {
      for (const key of taken) submissions.take(key, at(0))
      submissions.flush()
      throw new Error('no room')
    })
  expect(failing).toThrow('no room')
  submissions.forgetAll()
  for (const key of taken) expect(submissions.takenAt(key, from)).toBeUndefined()
  expect([rows('recent_submissions'), rows('submissions')]).toEqual([0, 0])
})

test('[P54] ids expire wherever they are, each account by itself', () => {
  const { sql } = openTables()
  const submissions = createSubmissions(sql)
  const taken = keys(MOST_RECENT + 10)
  sql.transaction(() => {
    for (const [index, key] of taken.entries()) submissions.take(key, at(index))
    submissions.expire(1, at(taken.length - 2))
  })
  const [oldOfSecond, last, lastOfSecond] = [taken[1], taken.at(-2), taken.at(-1)]
  if (oldOfSecond === undefined || last === undefined || lastOfSecond === undefined) throw new Error('too few')
  expect(taken.filter((key) => key.account === 1 && submissions.takenAt(key, from) !== undefined)).toEqual([last])
  expect(submissions.takenAt(oldOfSecond, from)).toBe(at(1))
  expect(submissions.takenAt(lastOfSecond, from)).toBe(at(taken.length - 1))
})

test('[P59] what was sent to an account that was erased is not known to one that comes after it', async () => {
  const store = openSqliteStore(openSqlite({ file: ':memory:' }), systemRandom)
  onTestFinished(store.close)
  const [bob, alice] = [makeAccount('bob'), makeAccount('alice')]
  await store.register(bob, NOW)
  await store.register(alice, NOW)
  const sent = submission(bob, alice)
  expect(await store.append(sent, NOW)).toMatchObject({ outcome: 'accepted' })
  expect(await store.append(sent, NOW)).toMatchObject({ outcome: 'duplicate' })
  await store.eraseAccount(alice.account)
  await store.register(alice, NOW)
  expect(await store.append(sent, NOW)).toMatchObject({ outcome: 'accepted' })
})

test('[S4][S5] a database from before has its envelopes in order, and knows what was submitted', async () => {
  const file = join(temporaryFolder(), 'relay.sqlite')
  const sql = openSqlite({ file })
  for (const statements of MIGRATIONS.slice(0, 2)) sql.script(statements)
  const [bob, alice] = [makeAccount('bob'), makeAccount('alice')]
  for (const [index, { account, username, identityKey, deviceList }] of [bob, alice].entries()) {
    sql.run('INSERT INTO accounts VALUES (?, ?, ?, ?, ?, ?, ?, 1, NULL)', [
      index + 1,
      account,
      username,
      identityKey,
      NOW,
      deviceList.list,
      deviceList.signature,
    ])
    sql.run(
      'INSERT INTO mailboxes (number, account, device, registration_id, positions_up_to) VALUES (?, ?, 1, 101, 9)',
      [index + 1, index + 1],
    )
  }
  const sent = ['one', 'two', 'three'].map((content) => submission(bob, alice, content))
  for (const [index, { submission, envelopes }] of sent.entries()) {
    const place = 2 * 2 ** 32 + index + 1
    const content = envelopes[0]?.content ?? null
    sql.run('INSERT INTO envelopes VALUES (?, ?, ?, 1, 1, ?, ?)', [
      place,
      submission,
      uuidToBytes(bob.account),
      NOW,
      content,
    ])
    sql.run('INSERT INTO submissions VALUES (2, ?, ?, ?)', [uuidToBytes(bob.account), submission, NOW])
  }
  sql.script('PRAGMA user_version = 2')
  sql.close()

  const store = openSqliteStore(openSqlite({ file }), systemRandom)
  onTestFinished(store.close)
  expect(text(await store.read(alice, 0, 10))).toEqual(['one', 'two', 'three'])
  for (const again of sent) expect(await store.append(again, NOW)).toMatchObject({ outcome: 'duplicate' })
  expect(await store.append(submission(bob, alice, 'four'), NOW)).toMatchObject({ outcome: 'accepted' })
  await store.acknowledge(alice, [1, 2])
  expect(text(await store.read(alice, 0, 10))).toEqual(['three', 'four'])
  await store.replaceDeviceList(alice.account, { ...alice.deviceList, version: 2, devices: [] })
  expect(await store.mailboxState(alice)).toBeUndefined()
})
