// What stays whole when the app does not: power cuts, a relay that goes, a keychain that is shut.

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from '@playwright/test'
import { say } from '../../src/renderer/text/say.ts'
import { button, comeBack, expectDeliveries, expectReads, isHome, makeProfile, meet, picture, write } from './doing.ts'
import { test } from './people.ts'

test('[K8][P80][P81] after kill -9 of both apps nothing is lost, doubled or out of order', async ({ computer }) => {
  const { alice, bob } = await meet(computer)
  const said = ['Hello Bob']
  let [one, other] = [alice, bob]
  for (const round of ['first', 'second']) {
    for (const text of [`${round} cut, one`, `${round} cut, two`]) {
      await write(one.page, 'Bob', text)
      said.push(text)
    }
    await expectReads(one.page, said)
    await Promise.all([one.kill(), other.kill()])
    one = await comeBack(computer, 'alice', 'Bob')
    other = await comeBack(computer, 'bob', 'Alice')
    await expectReads(one.page, said)
    await expectReads(other.page, said)
  }
  await expectDeliveries(
    one.page,
    said.map(() => 'read'),
  )
})

test('[W21] when the app that runs the relay is killed, another one takes over', async ({ computer }) => {
  const { alice, bob } = await meet(computer)
  const address = (): Promise<string | false | undefined> =>
    bob.page.evaluate(async () => {
      const view = await window.sotto?.invoke('getRelayView', {})
      return view?.ok && view.value.address
    })
  const before = await address()
  expect(before).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/)
  await alice.kill()
  await expect.poll(address, { timeout: 20_000 }).toBe(before)
  const back = await comeBack(computer, 'alice', 'Bob')
  await write(back.page, 'Bob', 'Still here?')
  await expectReads(bob.page, ['Hello Bob', 'Still here?'])
})

test('[W13][K1] a canary said in the window is nowhere on the disk', async ({ computer }) => {
  const canary = 'canary-Ζωή-7f3a9e51'
  const { alice, bob } = await meet(computer, canary)
  await write(bob.page, 'Alice', `${canary} back`)
  await expectReads(alice.page, [canary, `${canary} back`])
  await bob.close()
  await write(alice.page, 'Bob', `${canary} waits at the relay`)
  await expectDeliveries(alice.page, ['read', 'sent'])
  await alice.close()

  const needles = [Buffer.from('7f3a9e51'), Buffer.from('7f3a9e51', 'utf16le'), Buffer.from('Ζωή')]
  const files = readdirSync(computer.data, { recursive: true, encoding: 'utf8' }).filter(
    (name) => statSync(join(computer.data, name), { throwIfNoEntry: false })?.isFile() === true,
  )
  expect(files.map((name) => name.split('/').at(-1))).toEqual(
    expect.arrayContaining(['sotto.db', 'relay.db', 'sotto.log']),
  )
  const found = files.filter((name) => {
    const content = readFileSync(join(computer.data, name))
    return needles.some((needle) => content.includes(needle))
  })
  expect(found).toEqual([])
})

test.describe('[E3] the keychain', () => {
  test.skip(process.platform !== 'linux', 'the Secret Service can be locked by a test')

  test('is locked when the app starts: it says so, writes nothing, and opens once it is unlocked', async ({
    computer,
  }) => {
    const first = await computer.open('alice')
    await makeProfile(first.page, 'Alice', 'alice')
    await first.close()
    const before = databaseOf(computer.data)
    restartKeyring('not the password')
    try {
      const again = await computer.open('alice')
      const title = again.page.getByRole('heading', { name: /keychain/i })
      await expect(title).toBeVisible({ timeout: 45_000 })
      await picture(again.page, 'keychain')
      expect(databaseOf(computer.data)).toEqual(before)
      await again.page.getByRole('button', { name: /try again/i }).click()
      await expect(title).toBeVisible({ timeout: 45_000 })
      expect(databaseOf(computer.data)).toEqual(before)
      await again.close()
    } finally {
      restartKeyring('open')
    }
    // The app starts anew, because a fresh service in place of the old one is not how people unlock theirs.
    await isHome((await computer.open('alice')).page)
  })

  test('[E8] is absent: the app says so and writes nothing; the recovery code opens it all the same', async ({
    computer,
  }) => {
    const first = await computer.open('alice')
    const code = await makeProfile(first.page, 'Alice', 'alice')
    await first.close()
    const before = databaseOf(computer.data)
    const nowhere = { DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(computer.data, 'no-bus')}` }
    const again = await computer.open('alice', { env: nowhere })
    await expect(again.page.getByRole('heading', { name: say('closed.keychain-absent.title') })).toBeVisible({
      timeout: 45_000,
    })
    expect(databaseOf(computer.data)).toEqual(before)
    await button(again.page, 'recovery.use').click()
    await again.page.getByLabel(say('recovery.typed')).fill(code.toLowerCase())
    await button(again.page, 'recovery.open').click()
    await isHome(again.page)
  })
})

test('a second profile opens beside the first, and is the same one the next time', async ({ computer }) => {
  test.skip(process.platform !== 'linux', 'finds the process it started in /proc')
  const alice = await computer.open('main')
  await makeProfile(alice.page, 'Alice', 'alice')
  const others = (): number[] => processesWith(['--profile', 'second', '--data', computer.data])
  try {
    await button(alice.page, 'list.secondProfile').click()
    await expect.poll(() => readdirSync(join(computer.data, 'profiles')).sort()).toEqual(['main', 'second'])
    await expect.poll(others).toHaveLength(1)
    const [process] = others()
    await expect.poll(() => readdirSync(join(computer.data, 'profiles', 'second'))).toContain('lock')
    // Another process comes, finds the first, and leaves.
    await alice.page.evaluate(() => window.sotto?.invoke('openSecondProfile', {}))
    const seen = new Set<number | undefined>()
    const hasComeAndGone = (): boolean => {
      const now = others()
      for (const id of now) seen.add(id)
      return seen.size === 2 && now.length === 1 && now[0] === process
    }
    await expect.poll(hasComeAndGone, { intervals: [50], timeout: 20_000 }).toBe(true)
  } finally {
    for (const id of others()) process.kill(id, 'SIGTERM')
    await expect.poll(others, { timeout: 10_000 }).toEqual([])
  }
})

/** The database and what says which key opens it, as they lie on the disk. */
function databaseOf(data: string): Record<string, string> {
  const folder = join(data, 'profiles', 'alice')
  return Object.fromEntries(
    ['sotto.db', 'profile.json'].map((name) => [name, readFileSync(join(folder, name)).toString('base64')]),
  )
}

/**
 * Puts a fresh keyring service in place of the one there is. Only the password that scripts/display.ts gave the keyring
 * opens it; with another one it stays locked, as after a login without one.
 */
function restartKeyring(password: string): void {
  const { HOME } = process.env
  const env = { ...process.env, XDG_RUNTIME_DIR: HOME, XDG_DATA_HOME: HOME }
  const args = ['--replace', '--unlock', '--components=secrets']
  const { status } = spawnSync('gnome-keyring-daemon', args, { input: `${password}\n`, env, timeout: 10_000 })
  expect(status).toBe(0)
}

/** Main processes of the app whose command line has these words one after the other. */
function processesWith(words: readonly string[]): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const isProgram = /node|electron/i.test(readlinkSync(`/proc/${name}/exe`))
        return isProgram && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(words.join('\0'))
      } catch {
        return false // it ended while we looked
      }
    })
    .map(Number)
}
