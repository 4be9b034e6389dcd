// Devices that are not, or no longer, somebody's own: removed ones, ghosts, and relays that say so of others.

import { create, toBinary } from '@bufbuild/protobuf'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  DeviceListSchema,
  Reason,
  RefusedSchema,
  SignedDeviceListSchema,
} from '../../src/protocol/generated/relay_pb.ts'
import { personConversation, uuidToBytes } from '../../src/shared/ids.ts'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'
import { EvilRelay, type Misdeed } from './evil-relay.ts'
import { isOf } from './misdeeds.ts'

let world: World
let evil: EvilRelay
let alice: Person
let bob: Person
let laptop: Person
beforeEach(async () => {
  world = await World.create()
  evil = await EvilRelay.before(() => world.address())
  alice = await world.person('Alice', evil.address)
  bob = await world.person('Bob', evil.address)
  await alice.befriend(bob)
  laptop = await world.linkDirectly(alice, evil.address)
  await until(async () => (await alice.do('listDevices', {})).length === 2, 'Alice knows her laptop')
  await until(() => laptop.hasConversation(bob), 'the laptop knows Bob')
})
afterEach(async () => {
  await world.close()
  await evil.close()
})

/** Which of Alice's devices something is sealed for, from now on. */
function sealedForAlice(): { devices: Set<number>; misdeed: Misdeed } {
  const devices = new Set<number>()
  const misdeed: Misdeed = {
    toRelay(body) {
      if (body.case === 'submit' && isOf(body.value.recipient, alice.account))
        for (const { device } of body.value.envelopes) devices.add(device)
      return body
    },
  }
  return { devices, misdeed }
}

/** The relay shows this list of Alice's, whatever she has signed. */
function showing(numbers: number[], version: bigint): Misdeed {
  const devices = numbers.map((device) => ({ device, registrationId: 77, addedMs: 1n }))
  const list = toBinary(
    DeviceListSchema,
    create(DeviceListSchema, { account: uuidToBytes(alice.account), version, devices }),
  )
  return {
    toDevice(body) {
      if ((body.case === 'deviceListShown' || body.case === 'keyBundles') && body.value.deviceList !== undefined)
        body.value.deviceList.list = list
      return body
    },
  }
}

const failureOf = async (person: Person) => {
  const { stage } = await person.snapshot()
  return stage.stage === 'closed' ? stage.failure.code : undefined
}

/** However long it takes by the clock until it has tried to connect again. */
async function saysRemoved(person: Person): Promise<void> {
  await until(async () => {
    await world.clock.advance(500)
    return (await failureOf(person)) === 'device-removed'
  }, 'the device says that it was removed')
}

test('[P95][D2][D12] a removed device gets nothing any more, says so, and stays away, also after a restart', async () => {
  await bob.say(alice, 'to both')
  await laptop.sees(bob, ['to both'])
  const left = await alice.do('revokeDevice', { device: 2 })
  expect(left.map(({ device }) => device)).toEqual([1])
  await saysRemoved(laptop)
  const { devices, misdeed } = sealedForAlice()
  evil.begin(misdeed)
  await bob.say(alice, 'to one')
  await alice.sees(bob, ['Hello Bob', 'to both', 'to one'])
  await bob.reaches(alice, 'to one', 'delivered')
  expect([...devices]).toEqual([1])
  await laptop.reopen()
  expect(await failureOf(laptop)).toBe('device-removed')
  const id = personConversation(bob.account)
  expect(await laptop.try('sendMessage', { conversation: id, text: 'still here' })).toMatchObject({
    failure: { code: 'device-removed' },
  })
  expect(
    await laptop.try('createProfile', { name: 'A', username: 'aaa', relay: { kind: 'this-computer' } }),
  ).toMatchObject({ failure: { code: 'profile-exists' } })
})

test('[P95][P50][F30] a device that is removed in the middle of sending: sealed anew without it, and nothing twice', async () => {
  await bob.say(alice, 'both have sessions')
  await laptop.sees(bob, ['both have sessions'])
  bob.device.wire.holdOutgoing()
  await bob.say(alice, 'under way')
  await alice.do('revokeDevice', { device: 2 })
  bob.device.wire.release()
  await alice.sees(bob, ['Hello Bob', 'both have sessions', 'under way'])
  await bob.reaches(alice, 'under way', 'delivered')
  await saysRemoved(laptop)
  expect(await laptop.try('listMessages', { conversation: personConversation(bob.account) })).toMatchObject({
    ok: false,
  })
})

test('[P95] a device that was off when it was removed learns of it when it is back', async () => {
  await laptop.close()
  await alice.do('revokeDevice', { device: 2 })
  await laptop.open()
  await saysRemoved(laptop)
})

test('[P95] “you were removed”, says the relay, and has no signature for it: not believed', async () => {
  laptop.device.wire.cut()
  const stop = evil.begin({
    toRelay(body, victim, request) {
      if (body.case !== 'authenticate' || body.value.device !== 2) return body
      const devices = [{ device: 1, registrationId: 77, addedMs: 1n }]
      const list = create(DeviceListSchema, { account: uuidToBytes(alice.account), version: 99n, devices })
      const deviceList = create(SignedDeviceListSchema, {
        list: toBinary(DeviceListSchema, list),
        signature: new Uint8Array(64).fill(7),
      })
      victim.answer(request, {
        case: 'refused',
        value: create(RefusedSchema, { reason: Reason.NO_SUCH_DEVICE, deviceList }),
      })
      return undefined
    },
  })
  laptop.device.wire.mend()
  await until(async () => {
    await world.clock.advance(500)
    return (await laptop.snapshot()).connection.state === 'refused'
  }, 'it is turned away')
  expect(await failureOf(laptop)).toBeUndefined()
  stop()
  await laptop.do('reconnect', {})
  await world.back(laptop)
  await laptop.say(bob, 'still one of hers')
  await bob.sees(alice, ['Hello Bob', 'still one of hers'])
})

test('[P94][D2] what a removed device sends all the same is not shown, and one is told', async () => {
  await laptop.say(bob, 'as long as I may')
  await bob.sees(alice, ['Hello Bob', 'as long as I may'])
  // What it says from now on, the relay keeps back until it is removed; then it delivers it.
  bob.device.wire.holdIncoming()
  await laptop.say(bob, 'stolen words')
  await laptop.reaches(bob, 'stolen words', 'sent')
  const late = bob.device.wire.takeIncoming()
  bob.device.wire.release()
  await alice.do('revokeDevice', { device: 2 })
  await alice.say(bob, 'my laptop is gone')
  await bob.sees(alice, ['Hello Bob', 'as long as I may', 'my laptop is gone'])
  bob.device.wire.cut()
  bob.device.wire.mend()
  await world.back(bob)
  await until(async () => (await bob.reads(alice)).includes('[unlisted-device]'), 'Bob is told')
  expect(await bob.reads(alice)).not.toContain('stolen words')
  expect(late.length).toBeGreaterThan(0)
})

test('[P94][P21][D2][F27] a ghost among Alice’s devices: nothing is sealed for it, and Bob is told', async () => {
  const { devices, misdeed } = sealedForAlice()
  evil.begin(misdeed)
  const stop = evil.begin(showing([1, 2, 3], 99n))
  // A reason to look at the list.
  const again = evil.begin({
    toDevice(body, victim) {
      if (body.case === 'deliver' && victim.account === bob.account)
        for (const envelope of body.value.envelopes) envelope.senderDevice = 3
      return body
    },
  })
  await alice.say(bob, 'from a ghost?')
  await until(async () => (await bob.reads(alice)).includes('[unlisted-device]'), 'Bob is told')
  stop()
  again()
  await bob.say(alice, 'to those of Alice')
  await alice.sees(bob, ['Hello Bob', 'from a ghost?', 'to those of Alice'])
  expect([...devices].toSorted()).toEqual([1, 2])
  expect(await bob.reads(alice)).not.toContain('from a ghost?')
})

test('[P94][D2] a ghost among one’s own devices: nothing is sealed for it, and oneself is told', async () => {
  await alice.do('findPerson', { username: 'alice' })
  await alice.do('openConversation', { account: alice.account })
  const { devices, misdeed } = sealedForAlice()
  evil.begin(misdeed)
  const stop = evil.begin(showing([1, 2, 3], 99n))
  evil.begin({
    toDevice(body) {
      if (body.case === 'authenticated') body.value.deviceListVersion = 99n
      return body
    },
  })
  alice.device.wire.cut()
  alice.device.wire.mend()
  await world.back(alice)
  await until(async () => (await alice.reads(alice)).includes('[unlisted-device]'), 'Alice is told')
  stop()
  await alice.say(alice, 'a note')
  await laptop.sees(alice, ['a note'])
  expect([...devices]).toEqual([2])
  expect((await alice.do('listDevices', {})).map(({ device }) => device)).toEqual([1, 2])
})
