// Pictures of people: sealed, at the relay for a while, and seen by those who have accepted.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AccountId } from '../../src/shared/ids.ts'
import type { Person } from '../person.ts'
import { jpeg, png, webp, webpExtended } from '../pictures.ts'
import { silentLog } from '../silent-log.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'

let world: World
let alice: Person
let bob: Person
let events: string[]
beforeEach(async () => {
  events = []
  world = await World.create({ log: { ...silentLog, warn: (event) => void events.push(event) } })
  ;[alice, bob] = await world.friends('Alice', 'Bob')
})
afterEach(() => world.close())

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

function pictureOf(one: Person, account: AccountId): Promise<string | null> {
  return one.do('getAvatar', { account }).then((avatar) => avatar?.picture ?? null)
}

async function sees(one: Person, other: Person, picture: Uint8Array | null): Promise<void> {
  const wanted = picture && base64(picture)
  await until(
    async () => {
      const shown = (await one.conversation(other)).person.avatar
      return (shown === null) === (wanted === null) && (await pictureOf(one, other.account)) === wanted
    },
    `${one.name} sees ${picture === null ? 'no picture' : 'the picture'} of ${other.name}`,
  )
}

test('[P179][P66] Alice takes a picture of herself, another one, and none; Bob sees each', async () => {
  const first = webp(256, 256)
  const profile = await alice.do('setAvatar', { picture: base64(first) })
  expect(profile.avatar).toMatch(/^[0-9a-f]{64}$/)
  expect(await pictureOf(alice, alice.account)).toBe(base64(first))
  await sees(bob, alice, first)
  expect((await bob.conversation(alice)).person.avatar).toBe(profile.avatar)
  await bob.reopen()
  await sees(bob, alice, first)

  const second = png(64, 64)
  await alice.do('setAvatar', { picture: base64(second) })
  await sees(bob, alice, second)
  // Sealed, under what it is not called: that is all the relay says it has of it.
  const { held } = await alice.do('getRelayView', {})
  const file = held.find(({ what }) => what === 'blob')
  expect(file).toMatchObject({ with: null, bytes: expect.stringMatching(/^[0-9a-f]{32}$/) })
  expect(file?.size).toBeGreaterThanOrEqual(second.length)
  expect(file?.at).toBeGreaterThan(world.clock.now())
  expect((await alice.do('setAvatar', { picture: null })).avatar).toBeNull()
  await sees(bob, alice, null)
  await alice.reopen()
  await alice.online()
  expect((await alice.snapshot()).profile?.avatar).toBeNull()
})

test('[P179][P170] who only asks shows no picture; it comes with the acceptance, on either side', async () => {
  const carol = await world.person('Carol')
  const [hers, theirs] = [webp(200, 200), jpeg(100, 100)]
  await alice.do('setAvatar', { picture: base64(hers) })
  await carol.do('setAvatar', { picture: base64(theirs) })
  await sees(bob, alice, hers)
  await alice.find(carol)
  await alice.say(carol, 'Hello Carol')
  await carol.sees(alice, ['Hello Carol'])
  expect((await carol.conversation(alice)).person.avatar).toBeNull()
  await carol.accept(alice)
  await sees(alice, carol, theirs)
  await sees(carol, alice, hers)
})

test('[P179] chosen offline it is shown here at once, and there when there is a way', async () => {
  await world.stopRelay()
  const picture = webp(128, 128)
  await alice.do('setAvatar', { picture: base64(picture) })
  expect(await pictureOf(alice, alice.account)).toBe(base64(picture))
  await alice.reopen()
  expect((await alice.snapshot()).profile?.avatar).not.toBeNull()
  expect(await pictureOf(bob, alice.account)).toBeNull()
  await world.startRelay()
  await world.back(alice, bob)
  await sees(bob, alice, picture)
})

test('[P179] it is put at the relay again before the relay forgets it, for those who come later', async () => {
  const picture = webp(128, 128)
  await alice.do('setAvatar', { picture: base64(picture) })
  await sees(bob, alice, picture)
  const heard = world.wiretap.heard()
  await alice.close()
  await bob.close()
  await world.clock.sleep(25 * 86_400_000)
  await Promise.all([alice.open(), bob.open()])
  await world.back(alice, bob)
  const carol = await world.person('Carol')
  await until(async () => pointerAge(alice) < 86_400_000, 'it is there again')
  // Bob has it, and is told nothing.
  expect(world.wiretap.heard()).toBe(heard)
  await alice.befriend(carol)
  await sees(carol, alice, picture)
})

/** How long ago one's own was put at the relay, in milliseconds. */
function pointerAge(one: Person): number {
  const row = one.device.sql.get<{ put_at: number }>('SELECT put_at FROM avatars WHERE account = ?', [one.account])
  return world.clock.now() - (row?.put_at ?? 0)
}

describe('[P179] what is no picture to show', () => {
  test.each([
    ['not base64', 'pictures!'],
    ['nothing', ''],
    ['words', base64(Buffer.from('<svg onload="alert(1)">'))],
    ['one that says where it was taken', base64(jpeg(64, 64, 0xe1))],
    ['one with text in it', base64(png(64, 64, 'iTXt'))],
    ['one as large as a wall', base64(png(30_000, 30_000))],
    ['one that is larger inside than it says', base64(webpExtended([64, 64], [16_000, 16_000]))],
    ['one of too many bytes', base64(Buffer.concat([jpeg(64, 64), Buffer.alloc(64 * 1024)]))],
  ])('%s: refused, and nothing changes', async (_, picture) => {
    expect(await alice.try('setAvatar', { picture })).toMatchObject({ failure: { code: 'not-a-picture' } })
    expect(await pictureOf(alice, alice.account)).toBeNull()
  })

  test('from a friend whose app does not look: not kept, and the one before stays', async () => {
    const good = webp(64, 64)
    await bob.do('setAvatar', { picture: base64(good) })
    await sees(alice, bob, good)
    // As an app of his own would: what is stored is not what was checked.
    const bomb = png(30_000, 30_000)
    bob.device.sql.run("UPDATE avatars SET bytes = ?, hash = 'other', matches = 0", [bomb])
    const before = (await alice.conversation(bob)).person.avatar
    await bob.reopen()
    await until(async () => events.includes('avatars.unfit'), 'Alice has fetched another one')
    await alice.reopen()
    await alice.online()
    await alice.say(bob, 'Nice picture')
    await bob.sees(alice, ['Hello Bob', 'Nice picture'])
    expect((await alice.conversation(bob)).person.avatar).toBe(before)
    expect(await pictureOf(alice, bob.account)).toBe(base64(good))
  })
})

test('[P179][K1] the relay holds nothing of it that can be read', async () => {
  const picture = Buffer.concat([webp(64, 64)])
  const canary = picture.subarray(8, 24)
  await alice.do('setAvatar', { picture: base64(picture) })
  await sees(bob, alice, picture)
  const held = readdirSync(world.relayBlobs, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)))
  expect(held.length).toBeGreaterThan(0)
  for (const bytes of held) expect(bytes.includes(canary)).toBe(false)
})
