// Records a conversation of two devices with a relay, as it is now: `node test/golden/record-conversation.ts FILE`. Done
// once for each version of the protocol; a recording is never made anew.

import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { uuidToBytes } from '../../src/shared/ids.ts'
import {
  type Address,
  dial,
  hello,
  identityKey,
  keyUpload,
  type Line,
  makePerson,
  type Person,
  proof,
  signedList,
  submissionTo,
} from '../relay/device.ts'
import { openFixedRelay } from './fixed-relay.ts'
import type { RecordedConversation, RecordedStep } from './golden.ts'

const TIME = Date.UTC(2026, 10, 21)
const CHANCE = 0x2a
const KEYS = 1

const [file] = process.argv.slice(2)
if (file === undefined) throw new Error('which file?')
const folder = mkdtempSync(join(tmpdir(), 'sotto-recording-'))
const steps: RecordedStep[] = []
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

async function recorded(who: string, address: Address): Promise<Line> {
  steps.push({ who, does: 'dial' })
  const line = await dial(address)
  const { socket } = line
  socket.on('message', (bytes: Buffer) => void steps.push({ who, hears: base64(bytes) }))
  const send = socket.send.bind(socket)
  socket.send = (bytes: Uint8Array) => {
    steps.push({ who, says: base64(bytes) })
    send(bytes)
  }
  return line
}

async function register(line: Line, person: Person): Promise<void> {
  const value = { ...proof(person, await hello(line), BigInt(TIME)), username: person.username }
  await line.expect({ case: 'register', value: { ...value, deviceList: signedList(person) } }, 'authenticated')
  await line.pushed('caughtUp')
  const announced = { identityKey: identityKey(person), signedPrekey: 1, lastResortPrekey: 1 }
  await line.expect({ case: 'announceKeys', value: announced }, 'keysNeeded')
  await line.expect({ case: 'uploadKeys', value: keyUpload(person, KEYS) }, 'keysUploaded')
}

async function converse(address: Address): Promise<void> {
  const [alice, bob] = [makePerson('alice'), makePerson('bob')]
  const [hers, his] = [await recorded('alice', address), await recorded('bob', address)]
  await register(hers, alice)
  await register(his, bob)

  await hers.expect({ case: 'lookUp', value: { username: 'bob' } }, 'found')
  const fetch = { case: 'fetchKeys', value: { account: uuidToBytes(bob.account) } } as const
  await hers.expect(fetch, 'keyBundles')
  await his.pushed('keysDepleted')
  const first = submissionTo(bob, 'the first', Buffer.alloc(16, 1))
  await hers.expect({ case: 'submit', value: first }, 'accepted')
  await hers.expect({ case: 'submit', value: first }, 'accepted')
  await his.acknowledge(await his.receive(1))
  const passing = { ...submissionTo(bob, 'passing', Buffer.alloc(16, 2)), ephemeral: true }
  await hers.expect({ case: 'submit', value: passing }, 'accepted')
  await his.receive(1)

  await his.hangUp()
  steps.push({ who: 'bob', does: 'hang up' })
  await hers.expect({ case: 'submit', value: submissionTo(bob, 'the second', Buffer.alloc(16, 3)) }, 'accepted')
  const stale = submissionTo({ ...bob, registrationId: alice.registrationId }, 'stale', Buffer.alloc(16, 4))
  await hers.expect({ case: 'submit', value: stale }, 'staleDevices')
  await hers.expect({ case: 'showHoldings', value: { recipients: [uuidToBytes(bob.account)] } }, 'holdings')

  const again = await recorded('bob', address)
  const proven = proof(bob, await hello(again), BigInt(TIME))
  await again.expect({ case: 'authenticate', value: proven }, 'authenticated')
  await again.acknowledge(await again.receive(1))
  await again.pushed('caughtUp')

  alice.listVersion = 2
  await hers.expect({ case: 'publishDeviceList', value: { deviceList: signedList(alice) } }, 'deviceListPublished')
  const digest = createHash('sha256').update('sealed').digest()
  await hers.expect({ case: 'prepareUpload', value: { size: 6n, digest } }, 'uploadPrepared')
  await hers.expect({ case: 'fetchKeys', value: { account: uuidToBytes(makePerson('nobody').account) } }, 'refused')
  await hers.expect({ case: 'eraseAccount', value: {} }, 'erased')
  await hers.pushed('goodbye')
}

const relay = await openFixedRelay(folder, { time: TIME, chance: CHANCE })
try {
  await converse({ url: relay.url })
  const conversation: RecordedConversation = { time: TIME, chance: CHANCE, steps }
  writeFileSync(file, `${JSON.stringify(conversation, null, 1)}\n`, { flag: 'wx' })
} finally {
  await relay.close()
  rmSync(folder, { recursive: true, force: true })
}
