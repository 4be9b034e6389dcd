// A tiny app that does one of each thing Sotto asks of Electron. The conformance spec drives it on both hosts.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { app, BrowserWindow, ipcMain, nativeTheme, protocol, session, utilityProcess } from 'electron'

const here = import.meta.dirname
const policy = "default-src 'none'; script-src 'self'; frame-src 'self'"

/** What happened, for the spec to read with app.evaluate. */
const seen = { secondInstance: [], prevented: [], opened: [], crashed: [] }
Object.assign(globalThis, { seen, openWindow })

const pages = {
  '/index.html': [
    'text/html',
    '<!doctype html><title>Conformance</title><script src="/page.js"></script><iframe src="/frame.html"></iframe>',
  ],
  '/frame.html': ['text/html', '<!doctype html><title>Frame</title>'],
  '/page.js': ['text/javascript', 'window.ran = (window.ran ?? 0) + 1'],
}

app.enableSandbox()
protocol.registerSchemesAsPrivileged([
  { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
])
const profile = app.commandLine.getSwitchValue('user-data-dir')
const userData = join(profile, 'moved')
mkdirSync(userData, { recursive: true })
app.setPath('userData', userData)

function openWindow() {
  const window = new BrowserWindow({
    width: 640,
    height: 480,
    show: false,
    webPreferences: {
      preload: join(here, 'preload.cjs'),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
    },
  })
  window.once('ready-to-show', () => window.show())
  window.webContents.on('will-navigate', (event, url) => {
    seen.prevented.push(url)
    event.preventDefault()
  })
  window.webContents.on('render-process-gone', (_event, { reason }) => seen.crashed.push(reason))
  window.webContents.setWindowOpenHandler(({ url }) => {
    seen.opened.push(url)
    return { action: 'deny' }
  })
  void window.loadURL('app://bundle/index.html')
}

function answer(request) {
  const [type, text] = pages[new URL(request.url).pathname] ?? []
  if (text === undefined) return new Response('not found', { status: 404 })
  return new Response(text, { headers: { 'content-type': type, 'content-security-policy': policy } })
}

ipcMain.handle('echo', (_event, value) => value)
ipcMain.handle('kinds', (_event, values) => values.map((value) => Object.prototype.toString.call(value)))
ipcMain.handle('fail', () => {
  throw new Error('deliberate')
})
ipcMain.handle('sender', ({ sender, senderFrame }) => ({
  url: senderFrame.url,
  origin: senderFrame.origin,
  isMain: senderFrame.parent === null && senderFrame === sender.mainFrame,
}))
ipcMain.on('push-please', (event, value) => event.sender.send('pushed', value))
ipcMain.handle('utility', async (_event, value) => {
  const child = utilityProcess.fork(join(here, 'utility.js'), ['argument'], {
    serviceName: 'conformance',
    stdio: 'pipe',
  })
  child.postMessage(value)
  const answered = await new Promise((resolve) => child.once('message', resolve))
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill()
  await exited
  return answered
})

if (!app.requestSingleInstanceLock()) app.quit()
else {
  app.on('second-instance', (_event, argv) => seen.secondInstance.push(argv))
  app.on('window-all-closed', () => app.quit())
  app.whenReady().then(() => {
    session.defaultSession.setPermissionRequestHandler((_contents, _permission, decide) => decide(false))
    session.defaultSession.setPermissionCheckHandler(() => false)
    session.defaultSession.setDevicePermissionHandler(() => false)
    protocol.handle('app', answer)
    nativeTheme.themeSource = 'light'
    openWindow()
  })
}
