// An evil relay that lies about who somebody is: to those who were invited, and to oneself.

import { create, toBinary } from '@bufbuild/protobuf'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DeviceListSchema } from '../../src/protocol/generated/relay_pb.ts'
import { uuidToBytes } from '../../src/shared/ids.ts'
import { readInvitationLink, writeInvitation } from '../../src/shared/invitation-link.ts'
import type { Contradiction } from '../../src/shared/model.ts'
import type { Person } from '../person.ts'
import { identityKey, makePerson, signedList } from '../relay/device.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'
import { EvilRelay, type Misdeed } from './evil-relay.ts'
import { bundlesOf, foundAs, mallorysKeys } from './misdeeds.ts'

let world: World
let evil: EvilRelay
let alice: Person
let bob: Person
beforeEach(async () => {
  world = await World.create()
  evil = await EvilRelay.before(() => world.address())
  alice = await world.person('Alice', evil.address)
  bob = await world.person('Bob', evil.address)
})
afterEach(async () => {
  await world.close()
  await evil.close()
})

async function invitationOf(person: Person): Promise<string> {
  return (await person.do('getInvitation', {})).link
}

test('[P174] another key under the name of who invites: refused, nothing opened, nothing remembered', async () => {
  const link = await invitationOf(alice)
  const mallory = identityKey(makePerson('mallory'))
  const stop = evil.begin(
    foundAs('alice', (found) => {
      found.identityKey = mallory
    }),
  )
  expect(await bob.do('readInvitation', { link })).toMatchObject({ standing: 'does-not-fit', person: null })
  expect(await bob.try('acceptInvitation', { link })).toMatchObject({ failure: { code: 'safety-number-mismatch' } })
  expect(await bob.do('listPeople', {})).toEqual([])
  expect(await bob.hasConversation(alice)).toBe(false)
  stop()
  expect(await bob.do('readInvitation', { link })).toMatchObject({ standing: 'fits' })
})

test('[P174] another account under that name, with the key that fits: refused too', async () => {
  const link = await invitationOf(alice)
  const mallory = await world.person('Mallory')
  evil.begin(
    foundAs('alice', (found) => {
      found.account = uuidToBytes(mallory.account)
    }),
  )
  expect(await bob.try('acceptInvitation', { link })).toMatchObject({ failure: { code: 'safety-number-mismatch' } })
  expect(await bob.do('listPeople', {})).toEqual([])
})

test('[P173] an invitation whose hint was changed on its way is refused', async () => {
  const invitation = readInvitationLink(await invitationOf(alice))
  const link = invitation && writeInvitation({ ...invitation, hint: 'f'.repeat(32) })
  expect(await bob.try('acceptInvitation', { link: link ?? '' })).toMatchObject({
    failure: { code: 'safety-number-mismatch' },
  })
})

test('[P174] a relay that is honest when asked for the name and lies when asked for the keys seals nothing', async () => {
  await bob.do('acceptInvitation', { link: await invitationOf(alice) })
  evil.begin(bundlesOf(alice.account, mallorysKeys(alice.account)))
  const before = world.wiretap.heard()
  await bob.say(alice, 'The safe is under the stairs')
  await until(async () => (await bob.conversation(alice)).person.safety.state === 'changed', 'Bob is told')
  await bob.reaches(alice, 'The safe is under the stairs', 'waiting')
  expect(world.wiretap.heard()).toBe(before)
})

test('[P174][P20] whom one has met counts with the key one knows, whatever the relay shows now', async () => {
  await bob.befriend(alice)
  const mallory = identityKey(makePerson('mallory'))
  evil.begin(
    foundAs('alice', (found) => {
      found.identityKey = mallory
    }),
  )
  expect(await bob.do('readInvitation', { link: await invitationOf(alice) })).toMatchObject({
    standing: 'fits',
    person: { name: 'Alice' },
  })
})

/** Alice connects anew, later than she last looked. */
async function comesBack(): Promise<void> {
  await alice.reopen()
  await alice.online()
}

function contradicted(): Promise<Contradiction | null> {
  return alice.snapshot().then(({ contradiction }) => contradiction)
}

/** A ghost that nobody signed for is among Alice's devices, where the relay shows them. */
const ghostDevice = (): Misdeed => ({
  toDevice(body) {
    const shown = body.case === 'holdings' ? body.value.deviceList : undefined
    if (shown === undefined) return body
    const devices = [1, 2].map((device) => ({ device, registrationId: 7, addedMs: 0n }))
    shown.list = toBinary(
      DeviceListSchema,
      create(DeviceListSchema, { account: uuidToBytes(alice.account), version: 9n, devices }),
    )
    return body
  },
})

test('[P178][D2] who is honest is not accused', async () => {
  await comesBack()
  await until(async () => evil.asked('showHoldings') > 0, 'she has looked')
  expect(await contradicted()).toBeNull()
})

test.each<[string, Contradiction['what'], () => Misdeed]>([
  [
    'another key in her name',
    'identity',
    () =>
      foundAs('alice', (found) => {
        found.identityKey = identityKey(makePerson('mallory'))
      }),
  ],
  [
    'another account in her name',
    'identity',
    () =>
      foundAs('alice', (found) => {
        found.account = uuidToBytes(bob.account)
      }),
  ],
  ['a device that she did not sign for', 'devices', ghostDevice],
  [
    'a list that somebody else signed',
    'devices',
    () => ({
      toDevice(body) {
        if (body.case === 'holdings')
          body.value.deviceList = Object.assign(
            {},
            body.value.deviceList,
            signedList(makePerson('mallory', { account: alice.account })),
          )
        return body
      },
    }),
  ],
])('[P178][D2] %s: she is told, also after a restart, until she has seen it', async (_, what, misdeed) => {
  const stop = evil.begin(misdeed())
  await comesBack()
  await until(async () => (await contradicted()) !== null, 'Alice is told')
  expect(await contradicted()).toEqual({ what, at: world.clock.now() })
  expect(alice.changes.flatMap(({ changes }) => changes)).toContainEqual({
    kind: 'contradiction',
    contradiction: { what, at: world.clock.now() },
  })
  stop()
  await comesBack()
  expect((await contradicted())?.what).toBe(what)
  await alice.do('dismissContradiction', {})
  expect(await contradicted()).toBeNull()
})
