// Administering a relay that runs, in a process of its own, from another one.

import { execFile } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join as path } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openSqlite } from '../../src/host/sqlite.ts'
import { GoodbyeReason, Reason } from '../../src/protocol/generated/relay_pb.ts'
import { uuidToBytes } from '../../src/shared/ids.ts'
import {
  comeBack,
  dial,
  hello,
  join,
  keyUpload,
  type Line,
  makePerson,
  type Person,
  proof,
  signedList,
  submissionTo,
} from '../relay/device.ts'
import { ask, makeGroup, say, texts } from '../relay/group.ts'
import { temporaryFolder } from '../relay/open.ts'
import { type RelayProcess, startRelay } from '../relay/process.ts'
import { announce } from '../relay/upload.ts'

const RELAY = path(import.meta.dirname, '../../src/cli/relay.ts')

interface Ended {
  code: number
  lines: string[]
  complaint: string
}

function admin(data: string, ...command: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [RELAY, 'admin', '--data', data, ...command], (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code)
      resolve({ code, lines: stdout.split('\n').slice(0, -1), complaint: stderr.trim() })
    })
  })
}

async function stop(relay: RelayProcess): Promise<void> {
  relay.signal('SIGTERM')
  expect(await relay.ended).toBe(0)
}

/** Why somebody who registered before is not let in. */
async function refusedTo(relay: RelayProcess, person: Person): Promise<Reason[]> {
  const refusals: Reason[] = []
  for (const kind of ['authenticate', 'register'] as const) {
    const line = await dial(relay)
    const known = { ...proof(person, await hello(line)), username: person.username, deviceList: signedList(person) }
    refusals.push((await line.expect({ case: kind, value: known }, 'refused')).reason)
    await line.hangUp()
  }
  return refusals
}

function send(line: Line, person: Person, content: string) {
  return line.expect({ case: 'submit', value: submissionTo(person, content) }, 'accepted')
}

async function heard(line: Line): Promise<string[]> {
  const envelopes = await line.receive(1)
  await line.acknowledge(envelopes)
  return envelopes.map(({ content }) => Buffer.from(content).toString())
}

async function oneTimeKeysOf(line: Line, person: Person): Promise<number[]> {
  const { bundles } = await line.expect(
    { case: 'fetchKeys', value: { account: uuidToBytes(person.account), devices: [1] } },
    'keyBundles',
  )
  return bundles.flatMap(({ oneTimeEc }) => (oneTimeEc === undefined ? [] : [oneTimeEc.id]))
}

test('[P17] invitations can be had while it runs', async () => {
  const data = temporaryFolder()
  const relay = await startRelay(data, ['--invited'])
  const { lines } = await admin(data, 'invite', '2')
  expect(lines).toHaveLength(2)
  await join(relay, makePerson('alice'), lines[0])
  await join(relay, makePerson('bob'), lines[1])
  expect((await admin(data, 'stats')).lines).toEqual(expect.arrayContaining(['accounts\t2', 'invitations\t0']))
  await stop(relay)
})

test('[P19] whoever is disabled is out at once and stays out, until enabled; what was sent meanwhile waited', async () => {
  const data = temporaryFolder()
  const relay = await startRelay(data)
  const bob = makePerson('bob')
  const alice = await join(relay, makePerson('alice'))
  const ofBob = await join(relay, bob)
  expect(await admin(data, 'disable', 'Bob')).toMatchObject({ code: 0, lines: ['disabled Bob'] })
  expect(await ofBob.closed).toBe(1008)
  expect(await refusedTo(relay, bob)).toEqual([Reason.ACCOUNT_DISABLED, Reason.ACCOUNT_DISABLED])
  await send(alice, bob, 'see you')
  const [, , rowOfBob] = (await admin(data, 'accounts')).lines
  expect(rowOfBob?.split('\t')).toEqual([
    'bob',
    bob.account,
    '1',
    '1',
    ...Array(3).fill(expect.stringMatching(/^\d{4}-/)),
  ])

  expect((await admin(data, 'enable', 'bob')).lines).toEqual(['enabled bob'])
  expect(await heard(await comeBack(relay, bob))).toEqual(['see you'])
  await stop(relay)
})

test('[P59] an erased account is told so, and its name is free again', async () => {
  const data = temporaryFolder()
  const relay = await startRelay(data)
  const line = await join(relay, makePerson('alice'))
  expect((await admin(data, 'erase', 'alice')).lines).toEqual(['erased alice'])
  expect((await line.pushed('goodbye')).reason).toBe(GoodbyeReason.ERASED)
  await join(relay, makePerson('alice'))
  expect(await admin(data, 'erase', 'nobody')).toMatchObject({ code: 1, complaint: 'nobody here is called nobody' })
  await stop(relay)
})

describe('a backup', () => {
  test('[S3][S5][P17] is made while it runs, and put back brings nothing twice', async () => {
    const data = temporaryFolder()
    const file = path(temporaryFolder(), 'relay.backup')
    const first = await startRelay(data, ['--invite', '1'])
    const bob = makePerson('bob')
    const ofAlice = await join(first, makePerson('alice'))
    const ofBob = await join(first, bob)
    await ofBob.expect({ case: 'uploadKeys', value: keyUpload(bob, 3) }, 'keysUploaded')
    await ofBob.hangUp()
    await send(ofAlice, bob, 'before')
    expect(await admin(data, 'backup', file)).toMatchObject({ code: 0, lines: [`backed up to ${file}`] })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(await admin(data, 'backup', file)).toMatchObject({ code: 1, complaint: `${file} is there already` })
    await announce(ofAlice)
    expect((await admin(data, 'backup', `${file}.2`)).lines).toEqual([
      `backed up to ${file}.2`,
      'without the bytes of 1 blobs: copy the place where they are too',
    ])

    const handedOut = await oneTimeKeysOf(ofAlice, bob)
    expect(handedOut).toHaveLength(1)
    await send(ofAlice, bob, 'after')
    const positions = (await (await comeBack(first, bob)).receive(2)).map(({ position }) => position)
    expect(await admin(data, 'restore', file)).toMatchObject({
      code: 1,
      complaint: expect.stringMatching(/is running/),
    })
    await stop(first)

    expect(await admin(data, 'restore', file)).toMatchObject({ code: 0, lines: [`restored from ${file}`] })
    expect(existsSync(path(data, 'relay.sqlite.replaced'))).toBe(true)
    const second = await startRelay(data)
    expect((await admin(data, 'stats')).lines).toEqual(expect.arrayContaining(['envelopes\t1', 'invitations\t0']))
    const alice = await join(second, makePerson('carol'))
    expect(await oneTimeKeysOf(alice, bob)).toEqual([])
    await send(alice, bob, 'new')
    const envelopes = await (await comeBack(second, bob)).receive(2)
    expect(envelopes.map(({ content }) => Buffer.from(content).toString())).toEqual(['before', 'new'])
    expect(positions).not.toContain(envelopes[1]?.position)
    await stop(second)
  })

  test('[S12] put back, a group goes on behind every position that was taken since', async () => {
    const data = temporaryFolder()
    const file = path(temporaryFolder(), 'relay.backup')
    const first = await startRelay(data)
    const [olga, max] = [makePerson('olga'), makePerson('max')]
    const ofOlga = { person: olga, line: await join(first, olga) }
    const ofMax = { person: max, line: await join(first, max) }
    const group = await makeGroup(ofOlga)
    await group.takesIn(ofOlga, ofMax)
    expect(await admin(data, 'backup', file)).toMatchObject({ code: 0 })
    await say(ofOlga, group, 'lost')
    const read = await say(ofOlga, group, 'lost too, and read by Max')
    await stop(first)

    expect(await admin(data, 'restore', file)).toMatchObject({ code: 0 })
    const second = await startRelay(data)
    const olgaAgain = { person: olga, line: await comeBack(second, olga) }
    await say(olgaAgain, group, '<next>')
    await group.does(olgaAgain, { kind: 'request-rotation' })
    const page = await ask({ person: max, line: await comeBack(second, max) }, group, { after: read })
    expect(page.case === 'streamPage' && texts(page.value.items)).toEqual(['next', '#'])
    await stop(second)
  })

  test('that is none is refused, and what was there stays', async () => {
    const data = temporaryFolder()
    const relay = await startRelay(data)
    await join(relay, makePerson('alice'))
    await stop(relay)
    const folder = temporaryFolder()
    const noise = path(folder, 'noise')
    writeFileSync(noise, 'not a database, however long it goes on')
    const other = path(folder, 'other.sqlite')
    openSqlite({ file: other }).close()
    for (const file of [noise, other, path(folder, 'absent')])
      expect(await admin(data, 'restore', file)).toMatchObject({ code: 1, lines: [] })
    const again = await startRelay(data)
    expect((await admin(data, 'stats')).lines).toContain('accounts\t1')
    await stop(again)
  })
})

describe('restoring', () => {
  /** A relay that Alice is registered at, stopped, and a backup of it. */
  async function stoppedWithBackup(): Promise<{ data: string; database: string; file: string }> {
    const data = temporaryFolder()
    const file = path(temporaryFolder(), 'relay.backup')
    const relay = await startRelay(data)
    await join(relay, makePerson('alice'))
    await admin(data, 'backup', file)
    await stop(relay)
    return { data, database: path(data, 'relay.sqlite'), file }
  }

  async function accountsIn(data: string): Promise<string | undefined> {
    const relay = await startRelay(data)
    const { lines } = await admin(data, 'stats')
    await stop(relay)
    return lines.find((line) => line.startsWith('accounts'))
  }

  test('on a computer where there was no relay, into a folder that is made for its owner only', async () => {
    const { file } = await stoppedWithBackup()
    const data = path(temporaryFolder(), 'not', 'there', 'yet')
    expect(await admin(data, 'restore', file)).toMatchObject({ code: 0, complaint: '' })
    expect(statSync(data).mode & 0o777).toBe(0o700)
    expect(await accountsIn(data)).toBe('accounts\t1')
  })

  test('makes a file for its owner only, who is the one of the folder, whoever restores', async () => {
    const { data, database, file } = await stoppedWithBackup()
    chmodSync(file, 0o644)
    if (process.getuid?.() === 0) chownSync(data, 65_534, 65_534)
    expect(await admin(data, 'restore', file)).toMatchObject({ code: 0 })
    expect(statSync(database)).toMatchObject({ uid: statSync(data).uid, gid: statSync(data).gid })
    expect(statSync(database).mode & 0o777).toBe(0o600)
  })

  test('its own database is refused, and the earlier one that is kept beside it stays', async () => {
    const { data, database, file } = await stoppedWithBackup()
    await admin(data, 'restore', file)
    const kept = readFileSync(`${database}.replaced`)
    symlinkSync(database, `${file}.link`)
    for (const own of [database, `${file}.link`])
      expect(await admin(data, 'restore', own)).toMatchObject({
        code: 1,
        complaint: expect.stringMatching(/own database/),
      })
    expect(readFileSync(`${database}.replaced`)).toEqual(kept)
    // Going back to it is what it is kept for.
    expect(await admin(data, 'restore', `${database}.replaced`)).toMatchObject({ code: 0 })
    expect(await accountsIn(data)).toBe('accounts\t1')
  })

  test('that was killed when the old database was away and the new one not there: no relay starts until it is done again', async () => {
    const { data, database, file } = await stoppedWithBackup()
    copyFileSync(file, `${database}.restored`)
    renameSync(database, `${database}.replaced`)
    await expect(startRelay(data)).rejects.toThrow(/ended with 1: a restore into .* was not finished/)
    expect(existsSync(database)).toBe(false)
    const noise = path(temporaryFolder(), 'noise')
    writeFileSync(noise, 'no backup')
    expect(await admin(data, 'restore', noise)).toMatchObject({ code: 1 })
    expect(await admin(data, 'restore', `${database}.restored`)).toMatchObject({ code: 1 })
    await expect(startRelay(data)).rejects.toThrow(/was not finished/)
    expect(await admin(data, 'restore', file)).toMatchObject({ code: 0 })
    expect(await accountsIn(data)).toBe('accounts\t1')
    expect(existsSync(`${database}.replaced`)).toBe(true)
  })

  test('again after one that was killed while it prepared its copy: nothing of that is read into the new one', async () => {
    const { data, database, file } = await stoppedWithBackup()
    copyFileSync(file, `${database}.restored`)
    const killed = openSqlite({ file: `${database}.restored`, exclusive: true })
    killed.run('DELETE FROM accounts')
    copyFileSync(`${database}.restored-wal`, `${file}.wal`)
    killed.close()
    copyFileSync(file, `${database}.restored`)
    copyFileSync(`${file}.wal`, `${database}.restored-wal`)
    expect(await admin(data, 'restore', file)).toMatchObject({ code: 0 })
    expect(await accountsIn(data)).toBe('accounts\t1')
  })
})

test('a backup goes on where one was killed on the way', async () => {
  const data = temporaryFolder()
  const file = path(temporaryFolder(), 'relay.backup')
  const relay = await startRelay(data)
  writeFileSync(`${file}.unfinished`, 'half of it')
  expect(await admin(data, 'backup', file)).toMatchObject({ code: 0, lines: [`backed up to ${file}`] })
  expect(existsSync(`${file}.unfinished`)).toBe(false)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  await stop(relay)
})

test('what cannot be meant ends with 2, and where no relay runs it says so', async () => {
  const data = temporaryFolder()
  mkdirSync(data, { recursive: true })
  for (const [command, why] of [
    [['frobnicate'], 'there is no command frobnicate'],
    [['invite', 'many'], 'invite: many is not a number from 1 to 1000'],
    [['invite', '0'], 'invite: 0 is not a number from 1 to 1000'],
    [['invite', '2000'], 'invite: 2000 is not a number from 1 to 1000'],
    [['disable'], 'disable: whom?'],
    [['backup'], 'backup: which file?'],
    [['restore'], 'restore: which file?'],
    [['stats', 'all'], 'stats: there is nothing that it could do with all'],
    [['restore', 'one', 'two'], 'restore: there is nothing that it could do with two'],
  ] as const)
    expect(await admin(data, ...command)).toMatchObject({
      code: 2,
      lines: [],
      complaint: expect.stringMatching(new RegExp(`^${why.replace('?', '\\?')}\n\nUsage: `)),
    })
  expect(await admin(data, 'stats')).toMatchObject({ code: 1, complaint: expect.stringMatching(/^no relay runs on /) })
})

test('a relay that was killed is administered again after its restart, and its socket is for its owner only', async () => {
  const data = temporaryFolder()
  const killed = await startRelay(data)
  killed.signal('SIGKILL')
  await killed.ended
  const relay = await startRelay(data)
  expect((await admin(data, 'stats')).lines).toContain('accounts\t0')
  expect(statSync(path(data, 'admin.sock')).mode & 0o077).toBe(0)
  await stop(relay)
})
