// Linking: a new install becomes another device of somebody, and nothing in between can.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readLinkMessage, writeLinkMessage } from '../../src/engine/linking/messages.ts'
import { readAccount } from '../../src/engine/storage/account.ts'
import { RENDEZVOUS_LIFETIME } from '../../src/protocol/limits.ts'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'

let world: World
let alice: Person
beforeEach(async () => {
  world = await World.create()
  alice = await world.person('Alice')
})
afterEach(() => world.close())

const keysOf = (person: Person) =>
  person.device.sql.all('SELECT id FROM one_time_prekeys UNION ALL SELECT id FROM signed_prekeys').length

/** It has nothing of an account, and can begin again: which is tried. */
async function untouched(fresh: Person): Promise<void> {
  expect(readAccount(fresh.device.sql)).toBeUndefined()
  expect(keysOf(fresh)).toBe(0)
  await world.link(alice, fresh)
  expect((await fresh.snapshot()).stage).toEqual({ stage: 'open' })
}

describe('a link', () => {
  test('[P104][D12] the same words on both screens, and then the account on both', async () => {
    const laptop = await world.freshInstall(alice, 'laptop')
    const { code, link } = await laptop.beginLink()
    expect(code).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/)
    expect(link).toContain('sotto:link?code=')
    expect(await laptop.linking('waiting')).toMatchObject({ code, link })
    await alice.do('joinLink', { code: code.toLowerCase() })
    const seen = await alice.linking('comparing')
    expect(seen).toMatchObject({ decides: true, deviceName: 'Alice’s other computer' })
    expect(seen.words).toHaveLength(4)
    expect(await laptop.linking('comparing')).toMatchObject({ words: seen.words, decides: false })
    // Nothing was handed over yet.
    expect(readAccount(laptop.device.sql)).toBeUndefined()
    await alice.do('confirmLink', { same: true })
    await alice.linking('done')
    await laptop.online()
    const [one, other] = [(await alice.snapshot()).profile, (await laptop.snapshot()).profile]
    expect(other).toEqual({ ...one, device: 2 })
    expect((await laptop.snapshot()).stage).toEqual({ stage: 'open' })
    expect(readAccount(laptop.device.sql)?.identity).toEqual(readAccount(alice.device.sql)?.identity)
  })

  test('[P104] the address behind the square code says what the new device committed itself to', async () => {
    const laptop = await world.freshInstall(alice, 'laptop')
    const { link } = await laptop.beginLink()
    await alice.do('joinLink', { code: link })
    await alice.do('confirmLink', { same: (await alice.compares()).join() === (await laptop.compares()).join() })
    await laptop.online()
  })

  test('[P104] words that differ by the person’s word: refused on both, and nothing was handed over', async () => {
    const laptop = await world.freshInstall(alice, 'laptop')
    const { code } = await laptop.beginLink()
    await alice.do('joinLink', { code })
    await alice.compares()
    await laptop.compares()
    await alice.do('confirmLink', { same: false })
    expect(await alice.linking('failed')).toMatchObject({ failure: { code: 'link-refused' } })
    expect(await laptop.linking('failed')).toMatchObject({ failure: { code: 'link-refused' } })
    await untouched(laptop)
  })

  test('[P105] another code ends the link that is under way, on both sides, also where it finds nobody', async () => {
    const laptop = await world.freshInstall(alice, 'laptop')
    const { code } = await laptop.beginLink()
    await alice.do('joinLink', { code })
    await alice.compares()
    expect(await alice.try('joinLink', { code })).toMatchObject({ ok: false, failure: { code: 'no-such-link' } })
    expect((await alice.snapshot()).linking).toEqual({ state: 'none' })
    expect(await laptop.linking('failed')).toMatchObject({ failure: { code: 'link-broken' } })
    await untouched(laptop)
  })

  test('[P104] is not for who has a profile, and nothing is confirmed that was not compared', async () => {
    expect(await alice.try('beginLink', { relay: { kind: 'this-computer' }, deviceName: 'x' })).toMatchObject({
      failure: { code: 'profile-exists' },
    })
    expect(await alice.try('confirmLink', { same: true })).toMatchObject({ failure: { code: 'no-such-link' } })
  })

  test('[P102][P103] a code that is wrong, too old, used or replaced finds nobody', async () => {
    const laptop = await world.freshInstall(alice, 'laptop')
    const finds = async (code: string) =>
      expect(await alice.try('joinLink', { code })).toMatchObject({ ok: false, failure: { code: 'no-such-link' } })
    await finds('0000-0000')
    await finds('what is this')
    await finds('sotto:link?code=0')
    const first = await laptop.beginLink()
    const second = await laptop.beginLink()
    await finds(first.code)
    const bob = await world.person('Bob')
    await bob.do('joinLink', { code: second.code })
    await bob.compares()
    await finds(second.code)
    await bob.do('cancelLink', {})
    expect(await laptop.linking('failed')).toMatchObject({ failure: { code: 'link-broken' } })

    const third = await laptop.beginLink()
    await world.clock.advance(RENDEZVOUS_LIFETIME)
    expect(await laptop.linking('failed')).toMatchObject({ failure: { code: 'link-broken' } })
    await world.back(alice)
    await finds(third.code)
    await untouched(laptop)
  })
})

describe('[P102] what was said before the other side left is heard before that, though both come at once', () => {
  let laptop: Person
  beforeEach(async () => {
    laptop = await world.freshInstall(alice, 'laptop')
    await alice.do('joinLink', { code: (await laptop.beginLink()).code })
    await alice.compares()
    await laptop.compares()
  })

  test('that it is one of the account’s devices now', async () => {
    alice.device.wire.holdIncoming()
    const confirmed = alice.do('confirmLink', { same: true })
    await laptop.online()
    await until(() => alice.device.wire.heldIncoming() >= 3, 'the answer, the word of it, and the end')
    alice.device.wire.release()
    await confirmed
    expect(await alice.linking('done')).toEqual({ state: 'done' })
  })

  test('that the words are not the same', async () => {
    laptop.device.wire.holdIncoming()
    await alice.do('confirmLink', { same: false })
    await until(() => laptop.device.wire.heldIncoming() >= 2, 'the refusal, and the end')
    laptop.device.wire.release()
    expect(await laptop.linking('failed')).toMatchObject({ failure: { code: 'link-refused' } })
  })
})

describe('[P106] interrupted', () => {
  /** How far the two have come. */
  const steps = {
    'shows its code': async (laptop: Person) => void (await laptop.beginLink()),
    'compares the words': async (laptop: Person) => {
      const { code } = await laptop.beginLink()
      await alice.do('joinLink', { code })
      await alice.compares()
      await laptop.compares()
    },
    'has said nothing after the other’s yes': async (laptop: Person) => {
      const { code } = await laptop.beginLink()
      await alice.do('joinLink', { code })
      await alice.compares()
      await laptop.compares()
      laptop.device.wire.holdIncoming()
      await alice.do('confirmLink', { same: true })
    },
  }
  const ends = {
    'cancels on the new device': async (laptop: Person) => {
      await laptop.do('cancelLink', {})
      laptop.device.wire.release()
    },
    'loses its wire': async (laptop: Person) => {
      laptop.device.wire.cut()
      laptop.device.wire.mend()
    },
    'is closed and opened again': async (laptop: Person) => laptop.reopen(),
  }
  for (const [step, come] of Object.entries(steps))
    for (const [end, goes] of Object.entries(ends))
      test(`[P106] while it ${step}, the new device ${end}: both begin again`, async () => {
        const laptop = await world.freshInstall(alice, 'laptop')
        await come(laptop)
        await goes(laptop)
        if (step !== 'shows its code')
          expect(await alice.linking('failed')).toMatchObject({ failure: { code: 'link-broken' } })
        await untouched(laptop)
      })

  for (const [end, goes] of Object.entries<() => Promise<void>>({
    cancels: async () => {
      await alice.do('cancelLink', {})
    },
    'loses its wire': async () => {
      alice.device.wire.cut()
      alice.device.wire.mend()
    },
    'is closed and opened again': () => alice.reopen(),
    'finds its relay gone': async () => {
      await world.stopRelay()
      await world.startRelay()
    },
  }))
    test(`[P106] while the words are compared, the device with the account ${end}: both begin again`, async () => {
      const laptop = await world.freshInstall(alice, 'laptop')
      await steps['compares the words'](laptop)
      await goes()
      expect(await laptop.linking('failed')).toMatchObject({ failure: { code: 'link-broken' } })
      await world.back(alice)
      await untouched(laptop)
    })

  test('[P106] adopted, and the word of it lost: the new device is one of the account all the same', async () => {
    const laptop = await world.freshInstall(alice, 'laptop')
    await steps['compares the words'](laptop)
    laptop.device.wire.holdOutgoing()
    await alice.do('confirmLink', { same: true })
    await until(() => readAccount(laptop.device.sql) !== undefined, 'the laptop has the account')
    laptop.device.wire.cut()
    laptop.device.wire.mend()
    expect(await alice.linking('failed')).toMatchObject({ failure: { code: 'link-broken' } })
    await world.back(laptop)
    expect((await laptop.snapshot()).profile?.device).toBe(2)
  })
})

describe('messages of a link', () => {
  test('[P105] what is no message of a link, or comes out of turn, ends it', () => {
    expect(readLinkMessage(new Uint8Array([1, 2, 3])).case).toBeUndefined()
    expect(readLinkMessage(writeLinkMessage({ case: 'refusal', value: {} })).case).toBe('refusal')
  })
})
