// A profile put back from a copy: it goes on, and uses nothing a second time.

import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { openAccount } from '../../../src/engine/account/create.ts'
import { announcement, readyUploads } from '../../../src/engine/account/prekeys.ts'
import { renewAfterRestore } from '../../../src/engine/account/renew-after-restore.ts'
import { verifyDeviceList } from '../../../src/engine/signal/device-list.ts'
import { readAccount } from '../../../src/engine/storage/account.ts'
import { KeysNeededSchema } from '../../../src/protocol/generated/relay_pb.ts'
import { type Person, person, personOf, random, read } from '../signal/people.ts'

/** Alice and Bob have talked; then Alice's profile is what it was some messages ago. */
async function putBack(): Promise<{ alice: Person; bob: Person }> {
  const alice = person('Alice')
  const bob = person('Bob')
  await alice.meet(bob)
  await bob.hear(alice, await alice.say(bob, 'hello'))
  await alice.hear(bob, await bob.say(alice, 'hello to you'))
  const copy = alice.sql.copy()
  for (const text of ['after', 'the', 'copy']) await bob.hear(alice, await alice.say(bob, text))
  return { alice: personOf(copy, alice.clock, alice.own), bob }
}

test('[P83] without renewal, what Alice sends is taken for something old: so it is needed', async () => {
  const { alice, bob } = await putBack()
  expect(read(await bob.hear(alice, await alice.say(bob, 'can you read me?')))).toBe('duplicate')
})

test('[P83] renewed, Alice and Bob read each other, in a new session', async () => {
  const before = await putBack()
  const { bob } = before
  const underWay = await bob.say(before.alice, 'still under way')
  const own = renewAfterRestore({ ...before.alice, random }, before.alice.own)
  const alice = personOf(before.alice.sql, before.alice.clock, own)
  expect(own.registrationId).not.toBe(before.alice.own.registrationId)
  expect(alice.signal.hasSession(alice.signal.unit(), bob.address)).toBe(false)
  expect(read(await alice.hear(bob, underWay))).toBe('undecryptable: no-session')
  expect(alice.signal.hasSession(alice.signal.unit(), bob.address)).toBe(false)
  expect(await alice.meet(bob)).toBe('begun')
  expect(read(await bob.hear(alice, await alice.say(bob, 'can you read me?')))).toBe('can you read me?')
  expect(read(await alice.hear(bob, await bob.say(alice, 'I can')))).toBe('I can')
})

test('[P83][P30] ids and list versions go on far beyond those of the lost time, and all prekeys are replaced', () => {
  const lost = person('Alice')
  const copy = lost.sql.copy()
  const needed = create(KeysNeededSchema, { oneTimeEc: 100, oneTimeKyber: 100 })
  const handedOut = Array.from({ length: 20 }, () => readyUploads(lost, lost.own, needed)).flat()
  const highest = Math.max(...handedOut.flatMap(({ oneTimeEc }) => oneTimeEc.map(({ id }) => id)))

  const own = renewAfterRestore({ sql: copy, clock: lost.clock, random }, lost.own)
  const stored = readAccount(copy)
  const verdict =
    stored &&
    verifyDeviceList(stored.deviceList, own.account, own.identity.publicKey, readAccount(lost.sql)?.deviceList)
  expect(verdict).toMatchObject({
    is: 'genuine',
    newer: true,
    devices: [{ device: 1, registrationId: own.registrationId }],
  })
  expect(openAccount(copy)?.registrationId).toBe(own.registrationId)
  expect(announcement(copy, own).signedPrekey).toBeGreaterThan(announcement(lost.sql, lost.own).signedPrekey)
  const frames = readyUploads({ sql: copy, clock: lost.clock }, own, create(KeysNeededSchema))
  expect(frames[0]?.replaceOneTime).toBe(true)
  expect(frames[0]?.oneTimeEc[0]?.id).toBeGreaterThan(highest)
})

test('[P83][P38] a first message the lost profile had opened is not opened by the restored one', async () => {
  const alice = person('Alice')
  const bob = person('Bob')
  const copy = alice.sql.copy()
  await bob.meet(alice, 'last-resort')
  const sealed = await bob.say(alice, 'once')
  expect(read(await alice.hear(bob, sealed))).toBe('once')
  const own = renewAfterRestore({ sql: copy, clock: alice.clock, random }, alice.own)
  expect(read(await personOf(copy, alice.clock, own).hear(bob, sealed))).toBe('undecryptable: no-prekey')
})
