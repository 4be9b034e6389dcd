// What a page cannot do, tried from inside the page of the real window.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { expect } from '@playwright/test'
import { CONTENT_SECURITY_POLICY } from '../../src/main/pages.ts'
import { isStandin } from './host.ts'
import { type Open, root, test } from './people.ts'

const CLOSED_LIST = ['unknown-call', 'bad-input', 'no-profile', 'rate-limited', 'not-available-here']

/** Electron has it, and its types do not. */
type Inspected = Electron.WebContents & { getLastWebPreferences(): Electron.WebPreferences }

/** What main was asked of the system: replaced by notes, so that a test reads them and nothing opens. */
async function noteWhatOpens({ app }: Open, answer: 'Cancel' | 'Open'): Promise<() => Promise<string[]>> {
  await app.evaluate(({ dialog, shell }, wanted) => {
    const notes: string[] = []
    Object.assign(globalThis, { notes })
    dialog.showMessageBox = async (...args: unknown[]) => {
      const question = args.at(-1) as Electron.MessageBoxOptions
      notes.push(`asked ${question.detail}`)
      return { response: question.buttons?.indexOf(wanted) ?? 0, checkboxChecked: false }
    }
    shell.openExternal = async (url) => {
      notes.push(`opened ${url}`)
    }
  }, answer)
  return () => app.evaluate(() => (globalThis as typeof globalThis & { notes: string[] }).notes)
}

test('[W1] the window is isolated, sandboxed, and without Node', async ({ computer }) => {
  const { app } = await computer.open('alice')
  const windows = await app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows().map(({ webContents }) => (webContents as Inspected).getLastWebPreferences()),
  )
  expect(windows).toHaveLength(1)
  expect(windows[0]).toMatchObject({
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    webviewTag: false,
  })
})

test('[W2] the page knows nothing of Node', async ({ computer }) => {
  const { page } = await computer.open('alice')
  const names = ['require', 'process', 'module', 'exports', 'global', 'Buffer', '__dirname', 'electron', 'ipcRenderer']
  expect(await page.evaluate((all) => all.filter((name) => name in window), names)).toEqual([])
})

test('[W3] the bridge is two functions, frozen', async ({ computer }) => {
  const { page } = await computer.open('alice')
  const bridge = await page.evaluate(() => ({
    members: Object.entries(window.sotto ?? {}).map(([name, value]) => [name, typeof value]),
    frozen: Object.isFrozen(window.sotto),
    stop: typeof window.sotto?.onChange(() => {}),
  }))
  expect(bridge).toEqual({
    members: [
      ['invoke', 'function'],
      ['onChange', 'function'],
    ],
    frozen: true,
    stop: 'function',
  })
})

test('[W3] a frame in the page gets no bridge', async ({ computer }) => {
  const { page } = await computer.open('alice')
  const inFrame = await page.evaluate(async () => {
    const frame = document.createElement('iframe')
    document.body.append(frame)
    await new Promise((resume) => setTimeout(resume, 300))
    return typeof frame.contentWindow?.sotto
  })
  expect(inFrame).toBe('undefined')
})

test('[W4] what is not a call is refused with a reason, and the app goes on', async ({ computer }) => {
  const { page } = await computer.open('alice')
  const codes = await page.evaluate(async () => {
    const names = [
      '',
      'getsnapshot',
      '__proto__',
      'constructor',
      'toString',
      'sotto:change',
      'eval',
      7,
      null,
      undefined,
      {},
      [],
    ]
    const inputs = [
      undefined,
      null,
      0,
      '',
      [],
      {},
      { __proto__: { name: 'x' } },
      'x'.repeat(1 << 20),
      new Date(),
      new Map(),
    ]
    const calls = ['createProfile', 'findPerson', 'sendMessage', 'listMessages', 'markRead', 'saveDraft', 'setVerified']
    const invoke = window.sotto?.invoke as (
      name: unknown,
      input: unknown,
    ) => Promise<{ ok: boolean; failure: { code: string } }>
    const answers = [
      ...names.flatMap((name) => inputs.map((input) => invoke(name, input))),
      ...calls.flatMap((name) => inputs.map((input) => invoke(name, input))),
    ]
    const settled = await Promise.all(answers)
    return [...new Set(settled.map((one) => (one.ok ? 'ok' : one.failure.code)))]
  })
  for (const code of codes) expect(CLOSED_LIST).toContain(code)
  expect(codes).toContain('unknown-call')
  expect(codes).toContain('bad-input')
  await page.waitForTimeout(2_500) // the bucket of calls fills up again
  expect(await page.evaluate(async () => (await window.sotto?.invoke('getSnapshot', {}))?.ok)).toBe(true)
})

test('[W4] a page gone wild is slowed down', async ({ computer }) => {
  const { page } = await computer.open('alice')
  const refused = await page.evaluate(async () => {
    const answers = await Promise.all(Array.from({ length: 2_000 }, () => window.sotto?.invoke('getSnapshot', {})))
    const wait = answers.flatMap((one) => (one && !one.ok ? [one.failure] : []))
    return {
      some: wait.length > 0,
      codes: [...new Set(wait.map(({ code }) => code))],
      told: wait.every(({ retryAfter }) => retryAfter),
    }
  })
  expect(refused).toEqual({ some: true, codes: ['rate-limited'], told: true })
})

test('[W6] nothing runs in the page that did not ship with it', async ({ computer }) => {
  const { page } = await computer.open('alice')
  const ran = await page.evaluate(async () => {
    const broken: string[] = []
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => broken.push(effectiveDirective))
    const attempt = (work: () => unknown): string => {
      try {
        work()
        return 'ran'
      } catch (error) {
        return (error as Error).name
      }
    }
    const html = attempt(() => {
      document.createElement('div').innerHTML = '<b>bold</b>'
    })
    const style = document.createElement('style')
    style.textContent = 'body { background: rgb(1, 2, 3) }'
    const image = new Image()
    image.src = 'https://example.org/pixel.png'
    const frame = document.createElement('iframe')
    frame.src = 'https://example.org/'
    document.head.append(style)
    document.body.append(image, frame)
    await new Promise((resume) => setTimeout(resume, 500))
    frame.remove()
    // After a pause: what the test itself evaluates is exempt from the policy until it waits for something.
    // biome-ignore lint/security/noGlobalEval: it is what must not work
    const evaluated = attempt(() => eval('1 + 1'))
    return { html, evaluated, painted: getComputedStyle(document.body).backgroundColor === 'rgb(1, 2, 3)', broken }
  })
  expect(ran).toMatchObject({ html: 'TypeError', evaluated: 'EvalError', painted: false })
  for (const directive of ['require-trusted-types-for', 'style-src-elem', 'img-src', 'frame-src']) {
    expect(ran.broken).toContain(directive)
  }
})

test('[W6][W18] the page has no network, not even on this computer', async ({ computer }) => {
  const { page } = await computer.open('alice')
  const heard: string[] = []
  const server = createServer((request, response) => {
    heard.push(request.url ?? '')
    response.end()
  })
  server.on('connection', () => heard.push('connection'))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  await page.evaluate(async (address) => {
    const quietly = (work: () => unknown): void => {
      try {
        Promise.resolve(work()).catch(() => undefined)
      } catch {}
    }
    const add = (name: string, attributes: Record<string, string>): void => {
      const element = document.createElement(name)
      for (const [key, value] of Object.entries(attributes)) quietly(() => element.setAttribute(key, value))
      document.body.append(element)
    }
    quietly(() => fetch(`http://${address}/fetch`))
    quietly(() => fetch(`http://${address}/no-cors`, { mode: 'no-cors' }))
    quietly(() => navigator.sendBeacon(`http://${address}/beacon`))
    quietly(() => new WebSocket(`ws://${address}/socket`))
    quietly(() => new EventSource(`http://${address}/events`))
    quietly(() => new Worker(`http://${address}/worker`))
    quietly(() => {
      new Image().src = `http://${address}/image`
    })
    add('script', { src: `http://${address}/script` })
    add('link', { rel: 'stylesheet', href: `http://${address}/style` })
    add('link', { rel: 'prefetch', href: `http://${address}/prefetch` })
    add('link', { rel: 'preload', as: 'fetch', href: `http://${address}/preload` })
    add('iframe', { src: `http://${address}/frame` })
    add('object', { data: `http://${address}/object` })
    add('video', { src: `http://${address}/video` })
    await new Promise((resume) => setTimeout(resume, 1_000))
  }, `127.0.0.1:${port}`)
  server.close()
  expect(heard).toEqual([])
})

test('[W7] the window stays where it is', async ({ computer }) => {
  const alice = await computer.open('alice')
  const { app, page } = alice
  await noteWhatOpens(alice, 'Cancel')
  const before = page.url()
  for (const leave of [
    () => location.assign('https://example.org/'),
    () => location.replace('file:///etc/passwd'),
    () => void window.open('https://example.org/'),
    () => void window.open('about:blank'),
    () => {
      const link = document.createElement('a')
      link.href = 'https://example.org/'
      link.target = '_blank'
      document.body.append(link)
      link.click()
    },
    () => {
      const form = document.createElement('form')
      form.action = 'https://example.org/'
      document.body.append(form)
      form.submit()
    },
  ]) {
    await page.evaluate(leave).catch(() => undefined)
    await page.waitForTimeout(200)
  }
  expect(page.url()).toBe(before)
  expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1)
  expect(await page.evaluate(async () => (await window.sotto?.invoke('getSnapshot', {}))?.ok)).toBe(true)
})

test('[W8] devices, camera, place and clipboard reading are refused @real', async ({ computer }) => {
  const { page } = await computer.open('alice')
  const states = await page.evaluate(async () => {
    const ask = async (name: string): Promise<string> =>
      (await navigator.permissions.query({ name: name as PermissionName })).state
    const camera = await navigator.mediaDevices.getUserMedia({ video: true }).then(
      () => 'granted',
      (error: Error) => error.name,
    )
    return { place: await ask('geolocation'), reading: await ask('clipboard-read'), midi: await ask('midi'), camera }
  })
  expect(states).toEqual({ place: 'denied', reading: 'denied', midi: 'denied', camera: 'NotAllowedError' })
})

test('[W9] a link leaves the app only when the person has seen it and said so', async ({ computer }) => {
  const alice = await computer.open('alice')
  const openInPage = (url: string): Promise<void> => alice.page.evaluate((address) => void window.open(address), url)
  const refusing = await noteWhatOpens(alice, 'Cancel')
  await openInPage('https://example.org/tea')
  await expect.poll(refusing).toEqual(['asked https://example.org/tea'])
  const agreeing = await noteWhatOpens(alice, 'Open')
  await openInPage('https://example.org/tea')
  await expect.poll(agreeing).toEqual(['asked https://example.org/tea', 'opened https://example.org/tea'])
  const hostile = await noteWhatOpens(alice, 'Open')
  for (const url of [
    'javascript:alert(1)',
    'file:///etc/passwd',
    'smb://server/share',
    'ms-settings:',
    'data:text/html,x',
  ]) {
    await openInPage(url)
  }
  await openInPage('https://example.org/last')
  await expect.poll(hostile).toEqual(['asked https://example.org/last', 'opened https://example.org/last'])
})

test('[W12] a released app has no developer tools', async ({ computer }) => {
  test.skip(!isStandin, 'only the stand-in can play a packaged app')
  const { app } = await computer.open('alice', { env: { SOTTO_STANDIN_PACKAGED: '1' } })
  const tools = await app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows().map(({ webContents }) => (webContents as Inspected).getLastWebPreferences().devTools),
  )
  expect(tools).toEqual([false])
})

test('[W14] starting a profile twice brings its window forward', async ({ computer }) => {
  const { app } = await computer.open('alice')
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.minimize())
  const electron = createRequire(import.meta.url).resolve('electron/cli.js')
  const second = spawn(process.execPath, [electron, root, '--profile', 'alice', '--data', computer.data], {
    stdio: 'ignore',
  })
  const [code] = await once(second, 'exit')
  expect(code).toBe(0)
  const shown = (): Promise<unknown> =>
    app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((window) => window.isMinimized()))
  await expect.poll(shown).toEqual([false])
})

test('[W6] the policy that came with the page is ours', async ({ computer }) => {
  const { page } = await computer.open('alice')
  const [response] = await Promise.all([page.waitForResponse(/index\.html/), page.reload()])
  expect((await response.allHeaders())['content-security-policy']).toBe(CONTENT_SECURITY_POLICY)
})
