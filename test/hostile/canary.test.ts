// A canary: words that only two people may know are looked for everywhere else.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SenderKeyDistributionMessage } from '@signalapp/libsignal-client'
import { afterEach, expect, test } from 'vitest'
import type { Log, LogFields } from '../../src/engine/ports.ts'
import { EnvelopeType } from '../../src/protocol/generated/relay_pb.ts'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'
import { EvilRelay } from './evil-relay.ts'
import { copyOf, flipped } from './misdeeds.ts'

const SAID = 'canary-said-5f1c'
const DRAFTED = 'canary-drafted-77aa'
const NAMED = 'canary-named-90be'
const NOTED = 'canary-noted-1d2e'
const TITLED = 'canary-titled-3c44'
const DESCRIBED = 'canary-described-e07b'
const TOLD = 'canary-told-8f13'
const ASKED = 'canary-asked-b6d9'

let world: World
let evil: EvilRelay
afterEach(async () => {
  await world.close()
  await evil.close()
})

/** A life with all there is to hide in it. */
async function live(log?: Log): Promise<[Person, Person]> {
  world = await World.create(log === undefined ? {} : { log })
  evil = await EvilRelay.before(() => world.address())
  const alice = await world.person('Alice', evil.address)
  const bob = await world.person('Bob', evil.address)
  await alice.do('updateProfile', { name: NAMED })
  await alice.find(bob)
  await alice.say(bob, SAID)
  await bob.sees(alice, [SAID])
  await bob.accept(alice)
  await alice.reaches(bob, SAID, 'delivered')
  await alice.do('saveDraft', { conversation: (await alice.conversation(bob)).id, text: DRAFTED })
  const oneself = await alice.do('findPerson', { username: 'alice' })
  const notes = await alice.do('openConversation', { account: oneself.account })
  await alice.do('sendMessage', { conversation: notes.id, text: NOTED })
  return [alice, bob]
}

/** A group with all there is to hide in it: what is said of it, what is said in it, and the keys of both. */
async function gather(alice: Person, bob: Person): Promise<{ words: string[]; keys: Uint8Array[] }> {
  const made = { title: TITLED, description: DESCRIBED, people: [bob.account] }
  const { id } = await alice.do('createGroup', made)
  await bob.accepts(id)
  await bob.counts(id, 2)
  await alice.tell(id, TOLD)
  await bob.seesIn(id, [TOLD])
  await alice.do('setGroupLink', { conversation: id, on: true })
  const { link } = await alice.do('getGroupLink', { conversation: id })
  const carol = await world.person('Carol', evil.address)
  await carol.do('requestToJoin', { link, note: ASKED })
  await until(async () => (await alice.do('getGroup', { conversation: id })).requests.length === 1, 'Carol has asked')
  const [request] = (await alice.do('getGroup', { conversation: id })).requests
  expect(request?.note).toBe(ASKED)
  await alice.do('decideRequest', { conversation: id, account: carol.account, approve: true })
  await carol.counts(id, 3)
  await bob.counts(id, 3)
  await carol.tell(id, TOLD)
  await bob.seesIn(id, [TOLD, TOLD])
  const { sql } = bob.device
  const chains = sql
    .all<{ distribution: Uint8Array }>('SELECT distribution FROM group_sessions')
    .map(({ distribution }) => SenderKeyDistributionMessage.deserialize(new Uint8Array(distribution)).chainKey())
  const detailsKeys = sql.all<{ key: Uint8Array }>('SELECT key FROM details_keys').map(({ key }) => key)
  expect([chains.length, detailsKeys.length > 0]).toEqual([2, true])
  const secret = /&s=([0-9a-f]{64})$/.exec(link)?.[1] ?? ''
  return { words: [TITLED, DESCRIBED, TOLD, ASKED], keys: [...chains, ...detailsKeys, Buffer.from(secret, 'hex')] }
}

/** As it could lie in a file: as bytes, and written out. */
function waysToWrite(secret: string | Uint8Array): Buffer[] {
  if (typeof secret === 'string') return [Buffer.from(secret, 'utf8'), Buffer.from(secret, 'utf16le')]
  const bytes = Buffer.from(secret)
  const listed = JSON.stringify([...bytes]).slice(1, -1)
  return [
    bytes,
    ...(['hex', 'base64', 'base64url'] as const).map((form) => Buffer.from(bytes.toString(form))),
    Buffer.from(listed),
  ]
}

test('[G1][P130] of a group: not its title, what it is about, what is said in it, who asks with which note; nor any of its keys', async () => {
  const lines: string[] = []
  const note = (event: string, fields?: LogFields) => void lines.push(JSON.stringify({ event, ...fields }))
  const [alice, bob] = await live({ debug: note, info: note, warn: note, error: note })
  const { words, keys } = await gather(alice, bob)
  await world.stopRelay()
  await alice.reopen()
  await world.startRelay()
  await world.back(alice, bob)
  const files = readdirSync(world.folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile())
  const looked = files.map(({ name, parentPath }) => ({ file: name, bytes: readFileSync(join(parentPath, name)) }))
  expect(looked.map(({ file }) => file)).toContain('relay.db')
  for (const secret of [...words, ...keys])
    for (const written of waysToWrite(secret)) {
      for (const { file, bytes } of looked)
        expect(bytes.includes(written), `${written.toString()} in ${file}`).toBe(false)
      for (const line of lines) expect(line.includes(written.toString('latin1')), line).toBe(false)
    }
  expect(lines.length).toBeGreaterThan(10)
  // The search does find what is there: the link's hash, which the relay knows it by.
  const secret = keys.at(-1)
  if (secret === undefined) throw new Error('no secret')
  const hash = createHash('sha256').update(secret).digest()
  expect(looked.some(({ bytes }) => bytes.includes(hash))).toBe(true)
})

test('[K1][S2] in no file of the relay or of the apps, write-ahead logs included', async () => {
  const [alice, bob] = await live()
  await bob.close()
  await alice.say(bob, SAID)
  await until(async () => (await alice.messages(bob)).at(-1)?.delivery?.state === 'sent', 'the relay has it')
  const files = readdirSync(world.folder, { withFileTypes: true }).filter((entry) => entry.isFile())
  const looked = files.map(({ name }) => ({ file: name, bytes: readFileSync(join(world.folder, name)) }))
  expect(looked.map(({ file }) => file)).toContain('relay.db')
  expect(looked.some(({ file }) => file.endsWith('-wal'))).toBe(true)
  for (const { file, bytes } of looked)
    for (const canary of [SAID, DRAFTED, NAMED, NOTED])
      for (const encoding of ['utf8', 'utf16le'] as const)
        expect(bytes.includes(Buffer.from(canary, encoding)), `${canary} in ${file}`).toBe(false)
  // The search does find what is there: the username, at the relay.
  expect(looked.some(({ bytes }) => bytes.includes(Buffer.from('alice')))).toBe(true)
})

test('[F1] in no line of any log: no words, names, keys, accounts or usernames, whatever goes wrong', async () => {
  const lines: string[] = []
  const note = (event: string, fields?: LogFields) => void lines.push(JSON.stringify({ event, ...fields }))
  const [alice, bob] = await live({ debug: note, info: note, warn: note, error: note })
  const passed = evil.delivered.map(({ envelope }) => envelope)
  const template = passed.find(({ type }) => type !== EnvelopeType.RETRY)
  if (template === undefined) throw new Error('nothing passed')
  evil.victim(bob.account).send({
    case: 'deliver',
    value: {
      envelopes: [
        copyOf(template, { content: flipped(template.content), position: 900_001n }),
        copyOf(template, { sender: new Uint8Array(3), position: 900_002n }),
        copyOf(template, { type: 42 as EnvelopeType, position: 900_003n }),
      ],
    },
  })
  evil.victim(alice.account).send(`${SAID} ${NAMED}`)
  await world.back(alice)
  await alice.try('findPerson', { username: 'nobody-there' })
  await world.stopRelay()
  await alice.say(bob, SAID)
  await world.startRelay()
  await until(async () => {
    await world.clock.advance(1_000)
    return (await bob.reads(alice)).filter((line) => line === SAID).length === 2
  }, 'it has arrived')
  await world.back(alice, bob)

  expect(lines.length).toBeGreaterThan(10)
  const secrets = [
    ...[SAID, DRAFTED, NAMED, NOTED, 'nobody-there', '"alice"', '"bob"', alice.account, bob.account],
    ...passed.map(({ content }) => Buffer.from(content.subarray(0, 12)).toString('hex')),
    ...passed.map(({ content }) => Buffer.from(content.subarray(0, 12)).toString('base64')),
  ]
  for (const line of lines) for (const secret of secrets) expect(line.includes(secret), line).toBe(false)
})
