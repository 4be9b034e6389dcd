// A device that brings a newer device list along when it proves who it is: after a restore it is in no older one.

import { expect, test } from 'vitest'
import { GoodbyeReason, Reason } from '../../src/protocol/generated/relay_pb.ts'
import type { RegistrationId } from '../../src/shared/ids.ts'
import { addDevice, comeBack, dial, hello, join, makePerson, type Person, proof, signedList } from './device.ts'
import { openRelay } from './open.ts'

/** The same device, set up anew: another registration id, in a list of this version. */
function setUpAnew(person: Person, listVersion: number): Person {
  const registrationId = ((person.registrationId % 0x3ffe) + 1) as RegistrationId
  return { ...person, registrationId, listVersion, listed: [{ device: person.device, registrationId }] }
}

async function prove(relay: { url: string }, person: Person, deviceList: ReturnType<typeof signedList>) {
  const line = await dial(relay)
  const answered = await line.ask({ case: 'authenticate', value: { ...proof(person, await hello(line)), deviceList } })
  return answered.case === 'refused' ? answered.value.reason : answered.case
}

test('[P18] Alice is put back from a copy, brings a newer list, and is let in by it', async () => {
  const relay = await openRelay()
  const alice = makePerson('alice')
  await join(relay, alice)
  const restored = setUpAnew(alice, 1001)
  expect(await prove(relay, restored, signedList(restored))).toBe('authenticated')
  expect((await relay.store.findAccount(alice.account))?.deviceList).toMatchObject({
    version: 1001,
    devices: [{ device: alice.device, registrationId: restored.registrationId }],
  })
})

test('[P18][P95] a device that is not in the list that another one brings is cut off, and an earlier self is replaced', async () => {
  const relay = await openRelay()
  const alice = makePerson('alice')
  const tablet = addDevice(alice, 2)
  const ofAlice = await join(relay, alice)
  const ofTablet = await comeBack(relay, tablet)
  const restored = setUpAnew(alice, 1001)
  expect(await prove(relay, restored, signedList(restored))).toBe('authenticated')
  expect(await ofTablet.closed).toBe(1008)
  expect((await ofAlice.pushed('goodbye')).reason).toBe(GoodbyeReason.REPLACED)
})

test('[P18][P21] a list that is not newer, or signed by somebody else, lets nobody in and changes nothing', async () => {
  const relay = await openRelay()
  const alice = makePerson('alice')
  const mallory = makePerson('mallory')
  await join(relay, alice)
  const older = setUpAnew(alice, 1)
  expect(await prove(relay, older, signedList(older))).toBe(Reason.NO_SUCH_DEVICE)
  const newer = setUpAnew(alice, 2)
  const forged = signedList({ ...newer, identity: mallory.identity })
  expect(await prove(relay, newer, forged)).toBe(Reason.NO_SUCH_DEVICE)
  expect((await relay.store.findAccount(alice.account))?.deviceList.version).toBe(1)
})
