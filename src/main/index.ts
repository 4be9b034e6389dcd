// The app's life in one process: one profile, one window, from the command line to the last goodbye.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { app, dialog, Menu, nativeTheme, powerMonitor, protocol, session, shell } from 'electron'
import { systemClock } from '../host/clock.ts'
import type { Keychain } from '../host/keychain.ts'
import { createLog, logToFile } from '../host/log.ts'
import type { ProfileHost } from '../host/profile.ts'
import { defaultDataFolder, openProfileFolder, type ProfileFolder } from '../host/profile-folder.ts'
import type { Host } from '../shared/model.ts'
import { whereThrown } from '../shared/thrown.ts'
import { askForFolder } from './ask-for-folder.ts'
import { watchForLeaving } from './auto-lock.ts'
import { parseCommandLine, SMOKE_TEST, type StartOptions } from './command-line.ts'
import { stopOnFaults } from './faults.ts'
import { followChanges } from './follow-changes.ts'
import { openDoor } from './ipc.ts'
import { chooseKeychain, takePassphrase, withPassphrase } from './keychain.ts'
import { LocalRelay } from './local-relay.ts'
import { LOCK_ITEM, menuTemplate } from './menu.ts'
import type { Attention } from './notices.ts'
import { showNotices } from './notifications.ts'
import { openOutside } from './open-outside.ts'
import { holdOpenedLinks, linkAmong } from './opened-links.ts'
import { ORIGIN } from './pages.ts'
import type { ProfileSurroundings } from './profile.ts'
import { announceScheme, serveScheme } from './protocol.ts'
import { startRelayProcess } from './relay-child.ts'
import { openBeside } from './second-profile.ts'
import { confinePages, confineSession, hardenProcess } from './security.ts'
import { ProfileWindow } from './window.ts'

interface Start {
  options: StartOptions
  keychain: Keychain
  passphrase: string | undefined
  data: string
  folder: ProfileFolder
}

const start = readStart()
if ('problem' in start) {
  process.stderr.write(`sotto: ${start.problem}\n`)
  app.exit(2)
} else if (process.argv.includes(SMOKE_TEST)) {
  trySmoke(start)
} else {
  begin(start)
}

function readStart(): Start | { problem: string } {
  const passphrase = takePassphrase(process.env)
  const options = parseCommandLine(process.argv.slice(1))
  if ('problem' in options) return options
  const keychain = chooseKeychain(options.keychain, passphrase)
  if ('problem' in keychain) return keychain
  const data = options.data ?? defaultDataFolder()
  return { options, keychain, passphrase, data, folder: openProfileFolder(data, options.profile) }
}

/** Everything that must have happened before Electron is ready. */
function begin(start: Start): void {
  keepChromiumIn(start.folder)
  if (!app.requestSingleInstanceLock()) {
    app.quit()
    return
  }
  hardenProcess(app)
  announceScheme(protocol)
  // On macOS a link may come before anything else is there.
  const early: string[] = []
  let open = (link: string): void => void early.push(link)
  app.on('open-url', (event, link) => {
    event.preventDefault()
    open(link)
  })
  app.whenReady().then(
    () => {
      open = live(start)
      const link = early[0] ?? linkAmong(process.argv)
      if (link !== undefined) open(link)
    },
    () => app.exit(1),
  )
}

/** Before the single-instance lock, which lies in there too: so there is one for each profile. */
function keepChromiumIn({ path }: ProfileFolder): void {
  const chromium = join(path, 'chromium')
  mkdirSync(chromium, { recursive: true, mode: 0o700 })
  app.setPath('userData', chromium)
}

/** Says how it went, and ends with it: 0 if all is well. */
function trySmoke({ keychain, folder }: Start): void {
  keepChromiumIn(folder)
  hardenProcess(app)
  app
    .whenReady()
    .then(() => import('./smoke-test.ts'))
    .then(({ smokeTest }) => smokeTest({ keychain, version: app.getVersion() }))
    .then(
      () => end('passed', 0),
      (error: unknown) => end(error instanceof Error ? error.message : 'failed', 1),
    )
  const end = (outcome: string, code: number): void => {
    process.stdout.write(`smoke test: ${outcome}\n`)
    app.exit(code)
  }
}

/** Answers what to call with a link that the system hands over. */
function live({ options, keychain, passphrase, data, folder }: Start): (link: string) => void {
  const log = createLog(logToFile(folder.log), systemClock)
  stopOnFaults(process, { app, dialog, log })
  const window = new ProfileWindow(join(folder.path, 'window.json'), log)
  confinePages(app, (address) => {
    openOutside(address, window.shown, { dialog, shell, log }).catch((error) => log.error('link', whereThrown(error)))
  })
  confineSession(session.defaultSession, (address) => address.startsWith(`${ORIGIN}/`))
  serveScheme(protocol, join(import.meta.dirname, '../renderer'))
  const relay = new LocalRelay({
    folder: join(data, 'relay'),
    start: startRelayProcess,
    mayStart: window.drawn,
    clock: systemClock,
    log,
  })
  const host: Host = {
    shell: 'electron-standin' in process.versions ? 'stand-in' : 'electron',
    version: app.getVersion(),
    profile: options.profile,
    platform: process.platform,
  }
  const openSecondProfile = openBeside(app, options, withPassphrase(process.env, passphrase), log)
  const openedLinks = holdOpenedLinks(log)
  // First of all: while the page is on its way, what it will ask is loaded.
  window.open()
  const profile = load(data, {
    folder,
    keychain,
    host,
    relay,
    log,
    openSecondProfile,
    chooseFolder: askForFolder(dialog, () => window.shown),
    openedLinks,
  })

  const lock = (): void =>
    void profile.then(({ handlers }) => handlers.lock({})).catch((error) => log.error('lock', whereThrown(error)))
  const menu = Menu.buildFromTemplate(menuTemplate(process.platform, app.isPackaged, lock))
  Menu.setApplicationMenu(menu)
  const allowLock = (may: boolean): void => {
    const item = menu.getMenuItemById(LOCK_ITEM)
    if (item) item.enabled = may
  }
  const autoLock = watchForLeaving({ power: powerMonitor, clock: systemClock, lock })

  const push = openDoor({
    handlers: profile.then(({ handlers }) => handlers),
    page: () => window.shown?.webContents,
    monotonic: systemClock.monotonic,
    stranger: () => log.warn('stranger-at-the-door'),
    broken: (call, error) => log.error('call-broken', { call, ...whereThrown(error) }),
  })
  const notifications = showNotices(() => window.bringForward())
  const follow = followChanges({
    attention: watchAttention(window),
    now: systemClock.now,
    setTheme: (theme) => {
      nativeTheme.themeSource = theme
    },
    tell: (notices) => notifications.show(notices),
    setLock: (row) => {
      autoLock.follow(row)
      allowLock(autoLock.isArmed())
    },
    setStage: ({ stage }) => {
      autoLock.setOpen(stage === 'open')
      allowLock(autoLock.isArmed())
      // What a notification said was for whoever could see the window.
      if (stage === 'locked') notifications.clear()
    },
  })
  profile.then(
    (opened) =>
      opened.onChange((changes) => {
        push(changes)
        follow(changes)
      }),
    // Without it there is no app.
    (error) =>
      setImmediate(() => {
        throw error
      }),
  )

  // The other systems' packages say so themselves; Windows' installer does not.
  if (app.isPackaged && process.platform === 'win32') app.setAsDefaultProtocolClient('sotto')
  app.on('browser-window-focus', () => notifications.clear())
  app.on('second-instance', (_event, args) => {
    // A window that opened now would keep an app that is leaving.
    if (isLeaving()) return
    const link = linkAmong(args)
    if (link !== undefined) openedLinks.open(link)
    window.bringForward()
  })
  openedLinks.onChange(({ state }) => {
    if (state !== 'none') window.bringForward()
  })
  app.on('activate', () => window.bringForward())
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit()
  })
  // The profile first: its last words still go to the relay.
  const isLeaving = quitAfter(() => profile.then((opened) => opened.close()).finally(() => relay.close()))
  return openedLinks.open
}

/** The engine and what it stands on take longer to be loaded than a window to open. */
async function load(data: string, surroundings: Omit<ProfileSurroundings, 'updates'>): Promise<ProfileHost> {
  const [{ openProfile }, { startUpdates }] = await Promise.all([import('./profile.ts'), import('./start-updates.ts')])
  const updates = startUpdates(app, data, surroundings.log)
  app.once('will-quit', () => updates?.close())
  return openProfile({ ...surroundings, updates })
}

function watchAttention(window: ProfileWindow): () => Attention {
  let isLocked = false
  powerMonitor.on('lock-screen', () => {
    isLocked = true
  })
  powerMonitor.on('unlock-screen', () => {
    isLocked = false
  })
  return () => (isLocked ? 'locked' : window.shown?.isFocused() ? 'here' : 'away')
}

/** The app ends when what it holds has been put away. Returns whether it is about to. */
function quitAfter(putAway: () => Promise<void>): () => boolean {
  let state: 'open' | 'closing' | 'closed' = 'open'
  const closed = (): void => {
    state = 'closed'
    app.quit()
  }
  app.on('will-quit', (event) => {
    if (state === 'closed') return
    event.preventDefault()
    if (state === 'open') putAway().then(closed, closed)
    state = 'closing'
  })
  return () => state !== 'open'
}
