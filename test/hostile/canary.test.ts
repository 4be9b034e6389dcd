// A canary: words that only two people may know are looked for everywhere else.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
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
