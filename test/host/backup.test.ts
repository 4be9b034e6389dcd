// Backups, verified by restoring them: on a computer that has nothing but the folder and the code on paper.

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ProfileHost } from '../../src/host/profile.ts'
import { personConversation } from '../../src/shared/ids.ts'
import type { Backup } from '../../src/shared/model.ts'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'
import { ALICE, Computer, codeOf, stageOf, WORDS } from './locked-profile.ts'

const CANARY = 'canary-Ζωή-7f3a9e51'

let world: World
let computer: Computer
let place: string
beforeEach(async () => {
  world = await World.create()
  computer = new Computer(world.clock)
  place = computer.elsewhere('stick')
  mkdirSync(place)
})
afterEach(async () => {
  await computer.close()
  await world.close()
})

async function textsOf(host: ProfileHost, other: Person): Promise<string[]> {
  const page = await host.handlers.listMessages({ conversation: personConversation(other.account), limit: 200 })
  if (!page.ok) return [page.failure.code]
  return page.value.messages.map(({ content }) => (content.kind === 'text' ? content.text : `[${content.kind}]`))
}

async function online(host: ProfileHost): Promise<void> {
  await until(async () => {
    const now = await host.handlers.getSnapshot({})
    return now.ok && now.value.connection.state === 'online'
  }, 'it is online')
}

interface Story {
  alice: ProfileHost
  bob: Person
  code: string
  say(host: ProfileHost, text: string): Promise<void>
}

/** Alice and Bob have talked a little. */
async function told(): Promise<Story> {
  const { host: alice, code } = await computer.alice(() => world.address())
  const bob = await world.person('Bob')
  await alice.handlers.findPerson({ username: 'bob' as never })
  await alice.handlers.openConversation({ account: bob.account })
  const say = async (host: ProfileHost, text: string) => {
    const said = await host.handlers.sendMessage({ conversation: personConversation(bob.account), text })
    expect(codeOf(said)).toBe('ok')
  }
  await say(alice, CANARY)
  const me = await alice.handlers.getSnapshot({})
  const account = me.ok ? me.value.profile?.account : undefined
  if (account === undefined) throw new Error('Alice has no account')
  const fromAlice = personConversation(account)
  await until(async () => (await bob.snapshot()).conversations.some(({ id }) => id === fromAlice), 'Bob is asked')
  await bob.do('acceptRequest', { conversation: fromAlice })
  await bob.do('sendMessage', { conversation: fromAlice, text: 'I am here' })
  await until(async () => (await textsOf(alice, bob)).includes('I am here'), 'Alice reads it')
  await alice.handlers.updateSettings({ theme: 'dark' })
  await alice.handlers.saveDraft({ conversation: personConversation(bob.account), text: 'and then' })
  return { alice, bob, code, say }
}

const backUp = (host: ProfileHost, folder = place) => host.handlers.createBackup({ folder, elsewhere: false })

/** A computer that was never Alice's. */
const elsewhere = () => {
  const other = new Computer(world.clock)
  others.push(other)
  return other
}
const others: Computer[] = []
afterEach(async () => {
  for (const other of others.splice(0)) await other.close()
})

async function restoredOn(
  other: Computer,
  code: string,
  folder = place,
): Promise<{ host: ProfileHost; outcome: string }> {
  const host = other.start(other.keychain(), other.folder(), () => world.address())
  expect(await stageOf(host)).toBe('welcome')
  return { host, outcome: codeOf(await host.handlers.restoreBackup({ code, folder })) }
}

const files = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
const segments = () => files(place).filter((file) => file.includes('segments'))

describe('[E15] a backup', () => {
  test('[P83] brings history, settings and drafts back elsewhere with the code on paper, and both go on talking', async () => {
    const { alice, bob, code, say } = await told()
    expect(await backUp(alice)).toMatchObject({ ok: true })
    await say(alice, 'after the backup')
    await until(async () => (await bob.snapshot()).conversations[0]?.last?.id !== undefined, 'Bob has it')
    await computer.stop(alice)

    const other = elsewhere()
    const { host, outcome } = await restoredOn(other, code.toLowerCase())
    expect(outcome).toBe('ok')
    expect(await stageOf(host)).toBe('open')
    const now = await host.handlers.getSnapshot({})
    expect(now).toMatchObject({
      value: {
        profile: { name: 'Alice', username: 'alice' },
        settings: { theme: 'dark' },
        recovery: 'confirmed',
        backup: { place: null, lastAt: null, work: null },
        conversations: [{ draft: 'and then' }],
      },
    })
    expect(now.ok && now.value.restoredAt).toBe(world.clock.now())
    expect(await textsOf(host, bob)).toEqual([CANARY, 'I am here', '[restored]'])
    await online(host)
    await say(host, 'from the new computer')
    const ofAlice = bob.changes
      .flatMap(({ changes }) => changes)
      .flatMap((change) => (change.kind === 'conversation' ? [change.conversation.id] : []))[0]
    if (ofAlice === undefined) throw new Error('Bob knows no Alice')
    const bobReads = async () =>
      (await bob.do('listMessages', { conversation: ofAlice, limit: 50 })).messages.map(({ content }) =>
        content.kind === 'text' ? content.text : content.kind,
      )
    await until(async () => (await bobReads()).includes('from the new computer'), 'Bob reads Alice again')
    expect(await bobReads()).toEqual([CANARY, 'I am here', 'after the backup', 'from the new computer'])
    await bob.do('sendMessage', { conversation: ofAlice, text: 'welcome back' })
    await until(async () => (await textsOf(host, bob)).includes('welcome back'), 'Alice reads Bob again')
    // The paper is still worth what it was.
    expect(codeOf(await host.handlers.checkRecoveryCode({ code }))).toBe('ok')
    await other.stop(host)
    expect(await stageOf(other.start())).not.toBe('welcome')
  })

  test('[K1][E16] holds nothing in the clear: no text, no name, no key; and nothing of what seals messages at all', async () => {
    const { alice } = await told()
    await backUp(alice)
    const item = await computer.keychain().read(`main/${markOf(computer)}/database-key`)
    const key = item.ok ? item.value?.use((bytes) => Buffer.from(bytes.slice(-32))) : undefined
    expect(key).toHaveLength(32)
    for (const file of files(place)) {
      const bytes = readFileSync(file)
      for (const secret of ['7f3a9e51', 'Ζωή', 'alice', 'Alice', key?.toString('base64') ?? '', key ?? '']) {
        expect(bytes.includes(secret), file).toBe(false)
      }
    }
  })

  test('[E16] takes no more than what is new: a second run adds nothing, one more message a segment or two', async () => {
    const { alice, say } = await told()
    const first = await backUp(alice)
    const before = segments()
    expect(first.ok && first.value.added).toBe(before.length)
    const again = await backUp(alice)
    // The note of the first backup is in the settings of the second.
    expect(again.ok && again.value.added).toBeLessThanOrEqual(1)
    await say(alice, 'one more')
    const third = await backUp(alice)
    const tables = first.ok ? first.value.segments : 0
    expect(third.ok && third.value.added).toBeLessThan(tables)
    expect(segments()).toEqual(expect.arrayContaining(before))
    const now = await alice.handlers.getSnapshot({})
    expect(now.ok && now.value.backup).toEqual({ place, lastAt: world.clock.now(), work: null })
  })

  test('needs a recovery code that was kept, an open profile and a folder that is named from the root', async () => {
    const { host: fresh } = { host: computer.start(computer.keychain(), computer.folder(), () => world.address()) }
    expect(codeOf(await backUp(fresh))).toBe('no-profile')
    await fresh.handlers.createProfile(ALICE)
    expect(codeOf(await backUp(fresh))).toBe('recovery-code-first')
    expect(codeOf(await fresh.handlers.verifyBackup({}))).toBe('no-backup')
    expect(codeOf(await fresh.handlers.restoreBackup({ code: '', folder: place }))).toBe('profile-exists')
    const shown = await fresh.handlers.revealRecoveryCode({})
    const [, , third = '', , , , seventh = ''] = shown.ok ? shown.value.groups : []
    await fresh.handlers.confirmRecoveryCode({ third, seventh })
    expect(codeOf(await backUp(fresh, 'somewhere'))).toBe('bad-input')
    expect(codeOf(await fresh.handlers.verifyBackup({ folder: 'somewhere' }))).toBe('bad-input')
    expect(codeOf(await fresh.handlers.createBackup({ elsewhere: false }))).toBe('bad-input')
    writeFileSync(join(place, 'a-file'), '')
    expect(codeOf(await backUp(fresh, join(place, 'a-file')))).toBe('place-refused')
    expect(codeOf(await backUp(fresh))).toBe('ok')
    expect(codeOf(await fresh.handlers.createBackup({ elsewhere: false }))).toBe('ok')
    expect(codeOf(await fresh.handlers.verifyBackup({}))).toBe('ok')
  })
})

describe('[E17] restoring', () => {
  test('with another code, or where there is no backup, leaves one at welcome', async () => {
    const { alice, code } = await told()
    await backUp(alice)
    const other = elsewhere()
    const { host, outcome } = await restoredOn(other, '0'.repeat(32))
    expect(outcome).toBe('wrong-code')
    expect(codeOf(await host.handlers.restoreBackup({ code, folder: computer.elsewhere('nothing') }))).toBe('no-backup')
    expect(codeOf(await host.handlers.restoreBackup({ code: 'K7QF', folder: place }))).toBe('wrong-code')
    expect(await stageOf(host)).toBe('welcome')
    // A profile can still be made, and has its own code to show.
    const made = await host.handlers.createProfile({ ...ALICE, username: 'alicia' as never })
    expect(codeOf(made)).toBe('ok')
    const now = await host.handlers.getSnapshot({})
    expect(now.ok && now.value.recovery).toBe('unconfirmed')
    expect(codeOf(await host.handlers.restoreBackup({ code, folder: place }))).toBe('profile-exists')
  })

  test('after a name that was taken works too: there was no account yet', async () => {
    const { alice, code } = await told()
    await backUp(alice)
    await computer.stop(alice)
    const other = elsewhere()
    const host = other.start(other.keychain(), other.folder(), () => world.address())
    expect(codeOf(await host.handlers.createProfile({ ...ALICE, username: 'bob' as never }))).toBe('username-taken')
    expect(codeOf(await host.handlers.restoreBackup({ code, folder: place }))).toBe('ok')
    const now = await host.handlers.getSnapshot({})
    expect(now.ok && now.value.profile?.name).toBe('Alice')
  })

  const harms: Record<string, (all: string[]) => void> = {
    'a flipped bit': ([first = '']) => {
      const bytes = readFileSync(first)
      bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20)
      writeFileSync(first, bytes)
    },
    'a segment cut short': ([first = '']) => truncateSync(first, 40),
    'an empty segment': ([first = '']) => truncateSync(first, 0),
    'a segment that is gone': ([first = '']) => renameSync(first, `${first}.away`),
    'two segments in each other’s place': ([first = '', second = '']) => {
      copyFileSync(first, `${first}.away`)
      copyFileSync(second, first)
      copyFileSync(`${first}.away`, second)
    },
  }
  test.each(Object.entries(harms))(
    '[F39] %s is refused as damaged and leaves nothing behind; checking finds it, the next backup heals it',
    async (_, harm) => {
      const { alice, bob, code } = await told()
      await backUp(alice)
      harm(
        segments()
          .filter((file) => file.endsWith('.away') === false)
          .sort(),
      )
      const other = elsewhere()
      const { host, outcome } = await restoredOn(other, code)
      expect(outcome).toBe('backup-damaged')
      expect(await stageOf(host)).toBe('welcome')
      expect(existsSync(other.folder().database)).toBe(false)
      expect(files(other.folder().path).filter((file) => file.includes('restored'))).toEqual([])
      expect(codeOf(await alice.handlers.verifyBackup({}))).toBe('backup-damaged')
      expect(codeOf(await backUp(alice))).toBe('ok')
      expect(codeOf(await alice.handlers.verifyBackup({}))).toBe('ok')
      expect(codeOf(await host.handlers.restoreBackup({ code, folder: place }))).toBe('ok')
      expect(await textsOf(host, bob)).toContain(CANARY)
    },
  )

  test('[F39] a manifest that was exchanged for an older one, or changed, is refused', async () => {
    const { alice, code, say } = await told()
    await backUp(alice)
    await say(alice, 'more')
    await backUp(alice)
    const [older = '', newer = ''] = files(place)
      .filter((file) => file.includes('manifests'))
      .sort()
    copyFileSync(older, newer)
    const { outcome } = await restoredOn(elsewhere(), code)
    expect(outcome).toBe('backup-damaged')
  })

  test('a backup of somebody else in the same folder is not mixed up with it', async () => {
    const { alice, bob, code } = await told()
    await backUp(alice)
    const carols = elsewhere()
    const { host: carol, code: carolsCode } = await carols.alice(() => world.address(), 'carol')
    expect(codeOf(await backUp(carol))).toBe('ok')
    const first = await restoredOn(elsewhere(), code)
    expect(await textsOf(first.host, bob)).toContain(CANARY)
    const second = await restoredOn(elsewhere(), carolsCode)
    const now = await second.host.handlers.getSnapshot({})
    expect(now.ok && now.value.profile?.username).toBe('carol')
  })
})

describe('[E18] while a backup is written', () => {
  test('it can be stopped, tells how far it is, and the one before stays', async () => {
    const { alice, bob, code, say } = await told()
    await backUp(alice)
    for (let line = 0; line < 300; line++) await say(alice, `line ${line} ${'x'.repeat(2000)}`)
    const shown: Backup['work'][] = []
    alice.onChange(({ changes }) => {
      for (const change of changes) if (change.kind === 'backup') shown.push(change.backup.work)
    })
    const writing = backUp(alice)
    await until(() => shown.length > 0, 'it has begun')
    expect(codeOf(await backUp(alice))).toBe('already-so')
    expect(codeOf(await alice.handlers.cancelBackup({}))).toBe('ok')
    expect(codeOf(await writing)).toBe('cancelled')
    expect(codeOf(await alice.handlers.cancelBackup({}))).toBe('already-so')
    expect(shown.at(0)).toEqual({ kind: 'writing', percent: 0 })
    expect(shown.at(-1)).toBeNull()
    expect(codeOf(await alice.handlers.verifyBackup({}))).toBe('ok')
    const { host } = await restoredOn(elsewhere(), code)
    expect(await textsOf(host, bob)).toEqual([CANARY, 'I am here', '[restored]'])
  })

  test('[E13] locking stops it', async () => {
    const { alice, say } = await told()
    await alice.handlers.setPassphrase({ passphrase: WORDS })
    for (let line = 0; line < 300; line++) await say(alice, `line ${line} ${'x'.repeat(2000)}`)
    const writing = backUp(alice)
    expect(await computer.lock(alice)).toBe('ok')
    expect(['cancelled', 'ok']).toContain(codeOf(await writing))
    expect(codeOf(await backUp(alice))).toBe('locked')
    expect(codeOf(await alice.handlers.unlock({ passphrase: WORDS }))).toBe('ok')
    expect(codeOf(await backUp(alice))).toBe('ok')
  })

  test('only ten states stay, and what only older ones needed is gone', async () => {
    const { alice, say } = await told()
    for (let run = 0; run < 13; run++) {
      await say(alice, `run ${run}`)
      expect(codeOf(await backUp(alice))).toBe('ok')
    }
    expect(files(place).filter((file) => file.includes('manifests'))).toHaveLength(10)
    const left = segments().length
    const now = await alice.handlers.verifyBackup({})
    expect(now.ok && now.value.segments).toBeLessThan(left)
    // What the first run alone had needed: the messages as they were then.
    expect(left).toBeLessThan(13 * 6)
  })
})

function markOf(of: Computer): string {
  return JSON.parse(readFileSync(join(of.folder().path, 'profile.json'), 'utf8')).key
}
