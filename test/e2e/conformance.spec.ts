// What Sotto asks of Electron, asked of a tiny app. It must pass on real Electron and on the stand-in: it keeps the
// stand-in honest.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type ElectronApplication, expect, type Page } from '@playwright/test'
import { test as base } from './host.ts'

/** What conformance-app/preload.cjs puts into its page. */
interface ConformanceApi {
  readonly platform: string
  readonly nested: { readonly deep: { value: number } }
  readonly canRequireFs: boolean
  readonly isSandboxed: boolean
  invoke(channel: string, value?: unknown): Promise<unknown>
  pushPlease(value: unknown): void
  onPush(listener: (value: unknown) => void): () => void
  fail(): void
}

/** What conformance-app/main.js remembers. */
interface Seen {
  readonly secondInstance: string[][]
  readonly prevented: string[]
  readonly opened: string[]
  readonly crashed: string[]
}

declare global {
  interface Window {
    conformance: ConformanceApi
    ran: number
    heard: unknown[]
    stopHearing: () => void
  }
}

const directory = join(import.meta.dirname, 'conformance-app')

interface Running {
  readonly app: ElectronApplication
  readonly page: Page
  readonly profile: string
}

const test = base.extend<{ running: Running }>({
  running: async ({ launch }, use) => {
    const { app, profile } = await launch(directory)
    const page = await app.firstWindow()
    await page.waitForFunction(() => window.conformance !== undefined && window.ran === 1)
    await use({ app, page, profile })
  },
})

const seenBy = (app: ElectronApplication): Promise<Seen> =>
  app.evaluate(() => (globalThis as typeof globalThis & { seen: Seen }).seen)

test.describe('between the page and the main process', () => {
  test('values arrive as what they are, and come back so', async ({ running: { page } }) => {
    const kinds = await page.evaluate(() =>
      window.conformance.invoke('kinds', [
        new Uint8Array([1, 2]),
        new Date(0),
        new Map([[1, 'one']]),
        new Set([1]),
        10n,
        new RangeError('far'),
        undefined,
        null,
        [1],
      ]),
    )
    expect(kinds).toEqual([
      '[object Uint8Array]',
      '[object Date]',
      '[object Map]',
      '[object Set]',
      '[object BigInt]',
      '[object Error]',
      '[object Undefined]',
      '[object Null]',
      '[object Array]',
    ])
    const echoed = await page.evaluate(async () => {
      const value = {
        bytes: new Uint8Array([0, 255]),
        date: new Date(86_400_000),
        map: new Map([['a', { b: 1 }]]),
        nothing: undefined,
        notANumber: Number.NaN,
        big: 2n ** 70n,
        error: new RangeError('far'),
      }
      const back = (await window.conformance.invoke('echo', value)) as typeof value
      return {
        bytes: back.bytes instanceof Uint8Array && [...back.bytes],
        date: back.date instanceof Date && back.date.getTime(),
        map: back.map instanceof Map && back.map.get('a'),
        nothing: 'nothing' in back && back.nothing === undefined,
        notANumber: Number.isNaN(back.notANumber),
        big: String(back.big),
        error: back.error instanceof Error && back.error.message,
      }
    })
    expect(echoed).toEqual({
      bytes: [0, 255],
      date: 86_400_000,
      map: { b: 1 },
      nothing: true,
      notANumber: true,
      big: '1180591620717411303424',
      error: 'far',
    })
  })

  test('a function cannot be sent', async ({ running: { app, page } }) => {
    await app.evaluate(({ ipcMain }) => ipcMain.handle('give-a-function', () => () => 1))
    const refusal = page.evaluate(() => window.conformance.invoke('give-a-function'))
    await expect(refusal).rejects.toThrow('An object could not be cloned.')
  })

  test('a handler that throws rejects with its channel and message', async ({ running: { page } }) => {
    const text = await page.evaluate(() => window.conformance.invoke('fail').catch((error: Error) => error.message))
    expect(text).toBe("Error invoking remote method 'fail': Error: deliberate")
  })

  test('a channel without a handler rejects', async ({ running: { page } }) => {
    const text = await page.evaluate(() => window.conformance.invoke('none').catch((error: Error) => error.message))
    expect(text).toContain("No handler registered for 'none'")
  })

  test('pushed values reach a listener until it unsubscribes', async ({ running: { page } }) => {
    await page.evaluate(() => {
      window.heard = []
      window.stopHearing = window.conformance.onPush((value) => window.heard.push(value))
      window.conformance.pushPlease('first')
    })
    await page.waitForFunction(() => window.heard.length === 1)
    const heard = await page.evaluate(async () => {
      window.stopHearing()
      window.conformance.pushPlease('second')
      await window.conformance.invoke('echo', 'after the second')
      return window.heard
    })
    expect(heard).toEqual(['first'])
  })

  test('the sender is the main frame of the app’s own address', async ({ running: { page } }) => {
    const sender = await page.evaluate(() => window.conformance.invoke('sender'))
    expect(sender).toEqual({ url: 'app://bundle/index.html', origin: 'app://bundle', isMain: true })
  })
})

test.describe('what the page can reach', () => {
  test('the api is frozen through and through', async ({ running: { page } }) => {
    const state = await page.evaluate(() => ({
      frozen: Object.isFrozen(window.conformance) && Object.isFrozen(window.conformance.nested.deep),
      changed: Reflect.set(window.conformance.nested.deep, 'value', 2),
      replaced: Reflect.set(window, 'conformance', { platform: 'forged' }),
      deleted: Reflect.deleteProperty(window, 'conformance'),
      value: window.conformance.nested.deep.value,
    }))
    expect(state).toEqual({ frozen: true, changed: false, replaced: false, deleted: false, value: 1 })
  })

  test('the page has no require, no process and no way around the api', async ({ running: { page } }) => {
    const names = ['require', 'process', 'module', 'ipcRenderer', 'electron', 'standinSend', 'standinReceive']
    const found = await page.evaluate((all) => all.filter((name) => name in window), names)
    expect(found).toEqual([])
  })

  test('the preload is sandboxed: it cannot require fs', async ({ running: { page } }) => {
    expect(await page.evaluate(() => window.conformance.canRequireFs)).toBe(false)
    expect(await page.evaluate(() => window.conformance.isSandboxed)).toBe(true)
  })

  test('an error thrown in the preload is thrown in the page', async ({ running: { page } }) => {
    const thrown = page.evaluate(() => window.conformance.fail())
    await expect(thrown).rejects.toThrow('thrown in the preload')
  })

  test('a frame inside the page gets no api', async ({ running: { page } }) => {
    const frame = page.frame({ url: /frame\.html$/ })
    expect(await frame?.evaluate(() => [document.title, 'conformance' in window])).toEqual(['Frame', false])
  })

  test('the content security policy of protocol.handle is obeyed', async ({ running: { page } }) => {
    const outcome = await page.evaluate(async () => {
      const violated = new Promise<string>((resolve) => {
        document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => resolve(effectiveDirective))
      })
      const fetched = await fetch('/page.js').then(
        () => 'fetched',
        () => 'refused',
      )
      return [fetched, await violated]
    })
    expect(outcome).toEqual(['refused', 'connect-src'])
  })

  test('a window has the preferences it was given', async ({ running: { app } }) => {
    const preferences = await app.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents as Electron.WebContents & {
        getLastWebPreferences(): Electron.WebPreferences
      }
      const { contextIsolation, sandbox, nodeIntegration } = contents.getLastWebPreferences()
      return { contextIsolation, sandbox, nodeIntegration }
    })
    expect(preferences).toEqual({ contextIsolation: true, sandbox: true, nodeIntegration: false })
  })
})

test.describe('where the page can go', () => {
  test('a navigation that will-navigate prevents does not happen', async ({ running: { app, page } }) => {
    await page.evaluate(() => {
      window.location.href = 'https://example.org/elsewhere'
    })
    await expect.poll(async () => (await seenBy(app)).prevented).toEqual(['https://example.org/elsewhere'])
    expect(await page.evaluate(() => [document.title, window.ran])).toEqual(['Conformance', 1])
    expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.getURL())).toBe(
      'app://bundle/index.html',
    )
  })

  test('a window that the handler denies does not open', async ({ running: { app, page } }) => {
    await page.evaluate(() => window.open('https://example.org/new'))
    await expect.poll(async () => (await seenBy(app)).opened).toEqual(['https://example.org/new'])
    await expect.poll(() => app.windows().length).toBe(1)
    expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1)
  })

  test('a reload runs the preload again', async ({ running: { page } }) => {
    await page.evaluate(() => {
      window.ran = 5
    })
    await page.reload()
    await page.waitForFunction(() => window.ran === 1)
    expect(await page.evaluate(() => window.conformance.invoke('echo', 'again'))).toBe('again')
  })
})

test.describe('the application', () => {
  test('app.evaluate reaches the main process', async ({ running: { app, profile } }) => {
    const facts = await app.evaluate(({ app }) => ({
      name: app.getName(),
      version: app.getVersion(),
      userData: app.getPath('userData'),
      isPackaged: app.isPackaged,
    }))
    expect(facts).toEqual({
      name: 'conformance',
      version: '1.2.3',
      userData: join(profile, 'moved'),
      isPackaged: false,
    })
  })

  test('a utility process answers what it is sent', async ({ running: { page } }) => {
    const answer = await page.evaluate(async () => {
      const { data, ...rest } = (await window.conformance.invoke('utility', new Map([['ten', 10n]]))) as {
        data: Map<string, bigint>
        type: string
        argument: string
      }
      return { ...rest, ten: String(data.get('ten')) }
    })
    expect(answer).toEqual({ type: 'utility', argument: 'argument', ten: '10' })
  })

  test('nativeTheme changes what the page prefers', async ({ running: { app, page } }) => {
    const prefersDark = (): Promise<boolean> => page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches)
    expect(await prefersDark()).toBe(false)
    const isDark = await app.evaluate(({ nativeTheme }) => {
      nativeTheme.themeSource = 'dark'
      return nativeTheme.shouldUseDarkColors
    })
    expect(isDark).toBe(true)
    await expect.poll(prefersDark).toBe(true)
  })

  test('the machine says how long nobody was there, and tells its listeners what befalls it', async ({
    running: { app },
  }) => {
    const told = await app.evaluate(({ powerMonitor }) => {
      const heard: string[] = []
      powerMonitor.on('suspend', () => heard.push('suspend'))
      powerMonitor.on('lock-screen', () => heard.push('lock-screen'))
      powerMonitor.emit('suspend')
      powerMonitor.emit('lock-screen')
      const state: string = powerMonitor.getSystemIdleState(3_600)
      return { heard, idle: typeof powerMonitor.getSystemIdleTime(), state }
    })
    expect(told).toMatchObject({ heard: ['suspend', 'lock-screen'], idle: 'number' })
    expect(['active', 'idle', 'locked', 'unknown']).toContain(told.state)
  })

  test('an item of the application menu is found by its id, disabled and clicked', async ({ running: { app } }) => {
    const outcome = await app.evaluate(({ Menu }) => {
      let clicks = 0
      const submenu = [{ id: 'here', label: 'Here', enabled: false, click: () => void clicks++ }]
      const menu = Menu.buildFromTemplate([{ label: 'File', submenu }])
      Menu.setApplicationMenu(menu)
      const item = Menu.getApplicationMenu()?.getMenuItemById('here')
      const before = item?.enabled
      if (item) item.enabled = true
      item?.click()
      return { before, after: menu.getMenuItemById('here')?.enabled, clicks }
    })
    expect(outcome).toEqual({ before: false, after: true, clicks: 1 })
  })

  test('a second instance hands over its arguments and leaves', async ({ running: { app, profile } }) => {
    const second = spawn(electronBinary(), [
      ...sandboxArguments(),
      directory,
      `--user-data-dir=${profile}`,
      '--hello=there',
    ])
    const [code] = await once(second, 'exit')
    expect(code).toBe(0)
    await expect.poll(async () => (await seenBy(app)).secondInstance.length).toBe(1)
    expect((await seenBy(app)).secondInstance[0]).toContain('--hello=there')
  })

  test('a renderer that crashes is reported, and can be loaded again', async ({ running: { app } }) => {
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer())
    await expect.poll(async () => (await seenBy(app)).crashed.length).toBe(1)
    const echoed = await app.evaluate(async ({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents
      const loaded = new Promise<void>((resolve) => contents?.once('did-finish-load', () => resolve()))
      contents?.reload()
      await loaded
      return contents?.executeJavaScript("conformance.invoke('echo', 'alive')")
    })
    expect(echoed).toBe('alive')
  })

  test('an app that stays when its last window closes can open another', async ({ running: { app } }) => {
    const opened = app.waitForEvent('window')
    await app.evaluate(async ({ app, BrowserWindow }) => {
      const stayed = new Promise<void>((resolve) => {
        app.removeAllListeners('window-all-closed').on('window-all-closed', () => resolve())
      })
      BrowserWindow.getAllWindows()[0]?.close()
      await stayed
      const { openWindow } = globalThis as typeof globalThis & { openWindow: () => void }
      openWindow()
    })
    const page = await opened
    await page.waitForFunction(() => window.ran === 1)
    expect(await page.evaluate(() => window.conformance.invoke('echo', 'anew'))).toBe('anew')
    expect(app.windows().length).toBe(1)
  })

  test('two profiles run side by side, each with its own window', async ({ running, launch }) => {
    const other = await launch(directory)
    const pages = [running.page, await other.app.firstWindow()]
    for (const page of pages) await page.waitForFunction(() => window.ran === 1)
    const said = pages.map((page, index) => page.evaluate((n) => window.conformance.invoke('echo', n), index))
    expect(await Promise.all(said)).toEqual([0, 1])
    const pictures = await Promise.all(pages.map((page) => page.screenshot()))
    expect(pictures.every(({ length }) => length > 1000)).toBe(true)
  })

  test('quitting waits for an app that has something to finish', async ({ running: { app } }) => {
    const exited = once(app.process(), 'exit')
    await app.evaluate(({ app }) => {
      app.once('will-quit', (event) => {
        event.preventDefault()
        setTimeout(() => app.exit(7))
      })
      setTimeout(() => app.quit())
    })
    expect((await exited)[0]).toBe(7)
  })

  test('the last window closes, and the app exits with 0', async ({ running: { app } }) => {
    const exited = once(app.process(), 'exit')
    await app.evaluate(({ BrowserWindow }) => setTimeout(() => BrowserWindow.getAllWindows()[0]?.close()))
    expect((await exited)[0]).toBe(0)
  })

  test('a main process that is killed leaves no process behind', async ({ running: { app, profile } }) => {
    test.skip(process.platform !== 'linux', 'reads /proc')
    await app.evaluate(
      ({ utilityProcess }, args) => void utilityProcess.fork(args[0] ?? '', args.slice(1)),
      [join(directory, 'utility.js'), profile],
    )
    expect(processesOf(profile).length).toBeGreaterThan(2)
    const exited = once(app.process(), 'exit')
    app.process().kill('SIGKILL')
    await exited
    await expect.poll(() => processesOf(profile)).toEqual([])
  })
})

test.describe('what only real Electron has', { tag: '@real' }, () => {
  test('the page has the origin of its scheme', async ({ running: { page } }) => {
    expect(await page.evaluate(() => window.location.origin)).toBe('app://bundle')
  })

  test('a permission that the handler refuses is refused', async ({ running: { page } }) => {
    expect(await page.evaluate(() => Notification.requestPermission())).toBe('denied')
  })
})

/** What `node_modules/.bin/electron` would run, on either host. */
function electronBinary(): string {
  return createRequire(import.meta.url)('electron') as string
}

/** Chromium refuses to run as root inside its sandbox. */
function sandboxArguments(): string[] {
  return process.platform === 'linux' ? ['--no-sandbox'] : []
}

/** The processes that were started for a profile, by their command lines. */
function processesOf(profile: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8')
      } catch {
        return '' // it ended while we looked
      }
    })
    .filter((commandLine) => commandLine.includes(profile))
}
