// A database of several relays that is put back from a dump: what happened since does not happen twice.

import { execFile } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { Reason } from '../../src/protocol/generated/relay_pb.ts'
import { uuidToBytes } from '../../src/shared/ids.ts'
import { comeBack, join, keyUpload, type Line, makePerson, type Person, submissionTo } from './device.ts'
import { ask, makeGroup, say, texts } from './group.ts'
import { temporaryFolder } from './open.ts'
import { postgresForThisFile } from './postgres.ts'
import { RELAY, type RelayProcess, startRelay } from './process.ts'

const server = postgresForThisFile()

/** The code it ended with, and all it said. */
function restored(...options: string[]): Promise<{ code: number; said: string }> {
  const command = [RELAY, 'admin', '--data', temporaryFolder(), ...options, 'restored']
  return new Promise((resolve) =>
    execFile(process.execPath, command, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), said: (stdout + stderr).trim() }),
    ),
  )
}

async function stop(relay: RelayProcess): Promise<void> {
  relay.signal('SIGTERM')
  expect(await relay.ended).toBe(0)
}

/** The public halves that were handed out besides the signed one. */
async function keysOf(line: Line, person: Person) {
  const value = { account: uuidToBytes(person.account), devices: [] }
  const { bundles } = await line.expect({ case: 'fetchKeys', value }, 'keyBundles')
  return bundles.flatMap(({ oneTimeEc, kyber }) => [
    ...(oneTimeEc === undefined ? [] : [Buffer.from(oneTimeEc.publicKey)]),
    ...(kyber === undefined ? [] : [Buffer.from(kyber.publicKey)]),
  ])
}

function send(line: Line, person: Person, content: string) {
  return line.expect({ case: 'submit', value: submissionTo(person, content) }, 'accepted')
}

describe('once it is settled', () => {
  test('[S3][S5][S12][P17] no key, invitation or position comes twice', async () => {
    const database = await server.database()
    const before = await startRelay(temporaryFolder(), ['--store', database, '--invited', '--invite', '5'])
    const codes = before.printed.flatMap((line) => /^invitation (.+)$/.exec(line)?.[1] ?? [])
    const [alice, bob] = [makePerson('alice'), makePerson('bob')]
    const ofAlice = { person: alice, line: await join(before, alice, codes[0]) }
    const ofBob = { person: bob, line: await join(before, bob, codes[1]) }
    const keys = keyUpload(bob, 3)
    await ofBob.line.expect({ case: 'uploadKeys', value: keys }, 'keysUploaded')
    const group = await makeGroup(ofAlice)
    await group.takesIn(ofAlice, ofBob)
    await send(ofAlice.line, bob, 'before')
    const dump = server.dump(database)

    expect(await keysOf(ofAlice.line, bob)).toHaveLength(2)
    await join(before, makePerson('carol'), codes[2])
    await send(ofAlice.line, bob, 'lost')
    const positions = (await ofBob.line.receive(2)).map(({ position }) => Number(position))
    const read = await say(ofAlice, group, 'lost')
    await stop(before)

    const store = ['--store', await server.restored(dump)]
    expect(await restored(...store)).toMatchObject({ code: 0 })
    const after = await startRelay(temporaryFolder(), [...store, '--invited', '--invite', '1'])
    await expect(join(after, makePerson('mallory'), codes[2])).rejects.toThrow(`refused (${Reason.INVITATION_NEEDED}`)
    const fresh = after.printed.flatMap((line) => /^invitation (.+)$/.exec(line)?.[1] ?? [])
    await join(after, makePerson('dave'), fresh[0])

    const aliceAgain = { person: alice, line: await comeBack(after, alice) }
    expect(await keysOf(aliceAgain.line, bob)).toEqual([Buffer.from(keys.lastResortPrekey.publicKey)])
    await send(aliceAgain.line, bob, 'new')
    const bobAgain = { person: bob, line: await comeBack(after, bob) }
    const envelopes = await bobAgain.line.receive(2)
    expect(envelopes.map(({ content }) => Buffer.from(content).toString())).toEqual(['before', 'new'])
    expect(Number(envelopes[1]?.position)).toBeGreaterThan(Math.max(...positions))
    await say(aliceAgain, group, '<next>')
    const page = await ask(bobAgain, group, { after: read })
    expect(page.case === 'streamPage' && texts(page.value.items)).toEqual(['next'])
    await stop(after)
  })

  test('devices bring new keys, of which none was there before', async () => {
    const database = await server.database()
    const before = await startRelay(temporaryFolder(), ['--store', database])
    const bob = makePerson('bob')
    const ofBob = await join(before, bob)
    const keys = keyUpload(bob, 3)
    await ofBob.expect({ case: 'uploadKeys', value: keys }, 'keysUploaded')
    const dump = server.dump(database)
    await stop(before)
    const store = ['--store', await server.restored(dump)]
    expect(await restored(...store)).toMatchObject({ code: 0 })
    const after = await startRelay(temporaryFolder(), store)
    const again = await comeBack(after, bob)
    // An upload whose answer was lost before the backup: nothing of it comes back.
    expect(await again.expect({ case: 'uploadKeys', value: keys }, 'keysUploaded')).toMatchObject({ oneTimeEc: 0 })
    const fresh = keyUpload(bob, 2, 4)
    expect(await again.expect({ case: 'uploadKeys', value: fresh }, 'keysUploaded')).toMatchObject({ oneTimeEc: 2 })
    await stop(after)
  })
})

test('nothing is touched while a relay uses it, where there is none, and without PostgreSQL', async () => {
  const database = await server.database()
  const store = ['--store', database]
  expect(await restored(...store)).toEqual({ code: 1, said: 'this database is no relay’s' })
  const relay = await startRelay(temporaryFolder(), [...store, '--invited', '--invite', '1'])
  const [code] = relay.printed.flatMap((line) => /^invitation (.+)$/.exec(line)?.[1] ?? [])
  expect(await restored(...store)).toEqual({
    code: 1,
    said: 'a relay is using this database: stop all of them first',
  })
  await join(relay, makePerson('alice'), code)
  await stop(relay)
  expect(await restored()).toMatchObject({ code: 1, said: expect.stringMatching(/--store/) })
})
