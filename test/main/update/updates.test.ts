// Updates while the app runs: looked for now and then, offered once, installed only when the person says so.

import { expect, test } from 'vitest'
import type { DownloadedUpdate } from '../../../src/main/update/updater.ts'
import { Updates } from '../../../src/main/update/updates.ts'
import type { Update } from '../../../src/shared/model.ts'
import { silentLog } from '../../silent-log.ts'

const found: DownloadedUpdate = { version: '1.2.0', file: '/tmp/new', sha512: '' }
const MINUTE = 60_000

function alicesApp(download: () => Promise<DownloadedUpdate | undefined>) {
  const alarms: { at: number; ring: () => void }[] = []
  const offered: Update[] = []
  const app = { now: 0, installed: 0, whole: true, offered }
  const updates = new Updates({
    download,
    isStillWhole: async () => app.whole,
    install: async () => {
      app.installed += 1
    },
    clock: {
      after: (milliseconds, ring) => {
        const alarm = { at: app.now + milliseconds, ring }
        alarms.push(alarm)
        return () => void alarms.splice(alarms.indexOf(alarm), 1)
      },
    },
    log: silentLog,
  })
  updates.onChange((update) => offered.push(update))
  updates.start()
  const pass = async (minutes: number): Promise<void> => {
    app.now += minutes * MINUTE
    for (const due of alarms.filter(({ at }) => at <= app.now)) {
      alarms.splice(alarms.indexOf(due), 1)
      due.ring()
    }
    await new Promise((resume) => setImmediate(resume))
  }
  return { app, updates, pass }
}

test('an update is offered once, and installed when Alice says so', async () => {
  const { app, updates, pass } = alicesApp(async () => found)
  expect(await updates.install()).toMatchObject({ ok: false, failure: { code: 'already-so' } })
  await pass(1)
  await pass(6 * 60)
  expect(app.offered).toEqual([{ state: 'ready', version: '1.2.0' }])
  expect(app.installed).toBe(0)
  expect(await updates.install()).toMatchObject({ ok: true })
  expect(app.installed).toBe(1)
})

test('what was changed on the disk since is not installed, and is fetched again', async () => {
  const { app, updates, pass } = alicesApp(async () => found)
  await pass(1)
  app.whole = false
  expect(await updates.install()).toMatchObject({ ok: false, failure: { code: 'update-spoiled' } })
  expect(app.installed).toBe(0)
  await pass(6 * 60)
  expect(app.offered.map(({ state }) => state)).toEqual(['ready', 'none', 'ready'])
})

test('a server that is away is asked again some hours later', async () => {
  let times = 0
  const { app, pass } = alicesApp(async () => {
    times += 1
    if (times === 1) throw new Error('away')
    return found
  })
  await pass(1)
  await pass(60)
  expect(times).toBe(1)
  await pass(5 * 60)
  expect(app.offered).toHaveLength(1)
})
