// Invitations: given away in one place, opened in another, and held against what the relay says.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { Username } from '../../src/shared/ids.ts'
import { readInvitationLink, writeInvitation } from '../../src/shared/invitation-link.ts'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'

let world: World
beforeEach(async () => {
  world = await World.create()
})
afterEach(() => world.close())

async function invitationOf(person: Person, code?: string): Promise<string> {
  return (await person.do('getInvitation', code === undefined ? {} : { code })).link
}

/** The same link, with something else in one place. */
function withOther(link: string, other: Partial<NonNullable<ReturnType<typeof readInvitationLink>>>): string {
  const invitation = readInvitationLink(link)
  const changed = invitation && writeInvitation({ ...invitation, ...other })
  if (changed === undefined) throw new Error('no such invitation')
  return changed
}

test('[P172] Alice gives her invitation away; Bob opens it, writes, and she accepts', async () => {
  const alice = await world.person('Alice')
  const bob = await world.person('Bob')
  const { link, invitation } = await alice.do('getInvitation', {})
  expect(invitation).toMatchObject({
    relay: { kind: 'address', url: world.address().url },
    username: 'alice',
    code: null,
  })
  expect(await bob.do('readInvitation', { link: `  ${link}\n` })).toEqual({
    invitation,
    standing: 'fits',
    person: null,
  })
  expect(await bob.hasConversation(alice)).toBe(false)

  const opened = await bob.do('acceptInvitation', { link })
  expect(opened).toMatchObject({ state: 'outgoing-request', person: { account: alice.account, username: 'alice' } })
  await bob.say(alice, 'You gave me this')
  await alice.sees(bob, ['You gave me this'])
  await alice.accept(bob)
  await bob.reaches(alice, 'You gave me this', 'delivered')
  // Opened again, it leads to the same.
  expect((await bob.do('acceptInvitation', { link })).state).toBe('open')
  expect((await bob.do('readInvitation', { link })).person?.name).toBe('Alice')
  expect(await alice.do('readInvitation', { link })).toMatchObject({ standing: 'oneself' })
  expect(await alice.try('acceptInvitation', { link })).toMatchObject({ failure: { code: 'already-so' } })
})

test('[P172] with the code of a relay, for somebody who has yet to join it', async () => {
  const alice = await world.person('Alice')
  const link = await invitationOf(alice, 'g3t-in_n0w')
  expect(readInvitationLink(link)).toMatchObject({ username: 'alice', code: 'g3t-in_n0w' })
  const carol = await world.stranger('Carol')
  expect(await carol.try('readInvitation', { link })).toMatchObject({ failure: { code: 'no-profile' } })
  expect(await carol.try('acceptInvitation', { link })).toMatchObject({ failure: { code: 'no-profile' } })
})

test('[P173] what is no invitation is refused as that', async () => {
  const alice = await world.person('Alice')
  for (const link of ['', 'hello', 'https://relay.example.org', 'sotto:invite?', 'sotto:erase?all=yes']) {
    expect(await alice.try('readInvitation', { link })).toMatchObject({ failure: { code: 'not-an-invitation' } })
    expect(await alice.try('acceptInvitation', { link })).toMatchObject({ failure: { code: 'not-an-invitation' } })
  }
})

test('[P175] an invitation to another relay says so, and asks nobody', async () => {
  const alice = await world.person('Alice')
  const bob = await world.person('Bob')
  const link = await invitationOf(alice)
  for (const relay of [
    { kind: 'address' as const, url: 'wss://relay.example.org' },
    { kind: 'this-computer' as const },
  ]) {
    const other = withOther(link, { relay })
    expect(await bob.do('readInvitation', { link: other })).toMatchObject({ standing: 'another-relay', person: null })
    expect(await bob.try('acceptInvitation', { link: other })).toMatchObject({ failure: { code: 'another-relay' } })
  }
})

test('[P172] nobody of that name, no connection: each said as it is', async () => {
  const alice = await world.person('Alice')
  const bob = await world.person('Bob')
  const link = await invitationOf(alice)
  const nobodys = withOther(link, { username: Username.parse('nobody') })
  expect(await bob.do('readInvitation', { link: nobodys })).toMatchObject({ standing: 'nobody' })
  expect(await bob.try('acceptInvitation', { link: nobodys })).toMatchObject({ failure: { code: 'no-such-person' } })
  await world.stopRelay()
  await until(async () => (await bob.snapshot()).connection.state === 'offline', 'Bob is offline')
  expect(await bob.do('readInvitation', { link })).toMatchObject({ standing: 'unchecked' })
  expect(await bob.try('acceptInvitation', { link })).toMatchObject({ failure: { code: 'not-connected' } })
})
