// What the stand-in promises of itself, beyond what it shares with Electron.

import { join } from 'node:path'
import { expect } from '@playwright/test'
import { isStandin, test } from './host.ts'

const directory = join(import.meta.dirname, 'conformance-app')

test.skip(!isStandin, 'about the stand-in')

test('a member that the stand-in lacks throws its name when it is read', async ({ launch }) => {
  const { app } = await launch(directory)
  await app.firstWindow()
  const texts = await app.evaluate((electron) => {
    const textOf = (read: () => unknown): string => {
      try {
        return `read ${read()}`
      } catch (error) {
        return String(error)
      }
    }
    return [
      textOf(() => electron.app.getAppMetrics),
      textOf(() => electron.BrowserWindow.getAllWindows()[0]?.setKiosk),
      textOf(() => electron.inAppPurchase),
      textOf(() => electron.app.dock),
    ]
  })
  expect(texts).toEqual([
    'Error: stand-in: app.getAppMetrics is not implemented',
    'Error: stand-in: BrowserWindow.setKiosk is not implemented',
    'Error: stand-in: electron.inAppPurchase is not implemented',
    'read undefined',
  ])
})

test('what an app asks of the desktop is recorded', async ({ launch }) => {
  const { app } = await launch(directory)
  await app.firstWindow()
  const calls = await app.evaluate((electron) => {
    const { Notification, dialog, standin } = electron as typeof electron & {
      standin: { calls: { name: string; args: unknown[] }[] }
    }
    new Notification({ title: 'Hello', body: 'there' }).show()
    dialog.showErrorBox('Oh', 'no')
    return standin.calls.slice(-2)
  })
  expect(calls).toEqual([
    { name: 'Notification.show', args: [{ title: 'Hello', body: 'there', silent: false }] },
    { name: 'dialog.showErrorBox', args: ['Oh', 'no'] },
  ])
})
