// The window of a profile: one sandboxed page from app://sotto, which comes back where it stood.

import { join } from 'node:path'
import { app, BrowserWindow, dialog, nativeTheme, screen } from 'electron'
import type { Log } from '../engine/ports.ts'
import { systemClock } from '../host/clock.ts'
import { whereThrown } from '../shared/thrown.ts'
import { ORIGIN } from './pages.ts'
import { recoverFromCrashes } from './recovery.ts'
import { fitToScreens, readWindowState, SMALLEST, writeWindowState } from './window-state.ts'

/** Milliseconds that a page gets to draw its first screen once it is loaded, and those after which nobody waits for it. */
const DRAWING = 300
const PATIENCE = 8_000

const FIRST_SIZE = { width: 1280, height: 832 }
/** --surface-0 of the two themes: what is seen before the page is there. */
const PAPER = { light: '#f3f0eb', dark: '#12100f' }

export class ProfileWindow {
  readonly #stateFile: string
  readonly #log: Log
  readonly #drawn = Promise.withResolvers<void>()
  #window: BrowserWindow | undefined

  constructor(stateFile: string, log: Log) {
    this.#stateFile = stateFile
    this.#log = log
    nativeTheme.on('updated', () => this.#window?.setBackgroundColor(paper()))
  }

  /** The window there is now. On macOS an app goes on without one. */
  get shown(): BrowserWindow | undefined {
    return this.#window
  }

  /** Resolves when the first screen has been seen, or would have been by now. */
  get drawn(): Promise<void> {
    return this.#drawn.promise
  }

  open(): void {
    const state = readWindowState(this.#stateFile)
    // The settings are in the database, which opens later: until then, what was so last time.
    nativeTheme.themeSource = state.theme
    const screens = screen.getAllDisplays().map((display) => display.workArea)
    const window = new BrowserWindow({
      ...FIRST_SIZE,
      ...fitToScreens(state.bounds, screens),
      minWidth: SMALLEST.width,
      minHeight: SMALLEST.height,
      show: false,
      title: 'Sotto',
      backgroundColor: paper(),
      webPreferences: webPreferences(),
    })
    this.#window = window
    // The policy of the page does not speak of WebRTC, which would find ways out of its own.
    window.webContents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp')
    recoverFromCrashes(window, { app, dialog, log: this.#log, monotonic: systemClock.monotonic })
    window.once('ready-to-show', () => {
      if (state.maximized) window.maximize()
      window.show()
    })
    systemClock.after(PATIENCE, this.#drawn.resolve)
    window.webContents.once('did-finish-load', () => systemClock.after(DRAWING, this.#drawn.resolve))
    window.on('close', () => this.#remember(window))
    window.on('closed', () => {
      this.#window = undefined
    })
    window.loadURL(`${ORIGIN}/index.html`).catch((error) => this.#log.warn('window-load', whereThrown(error)))
  }

  /** Opens it if it is closed. */
  bringForward(): void {
    if (this.#window === undefined) {
      this.open()
      return
    }
    if (this.#window.isMinimized()) this.#window.restore()
    this.#window.show()
    this.#window.focus()
  }

  #remember(window: BrowserWindow): void {
    const theme = nativeTheme.themeSource
    try {
      writeWindowState(this.#stateFile, { bounds: window.getNormalBounds(), maximized: window.isMaximized(), theme })
    } catch (error) {
      this.#log.warn('window-state', whereThrown(error))
    }
  }
}

function webPreferences(): Electron.WebPreferences {
  return {
    preload: join(import.meta.dirname, '../preload/index.cjs'),
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    safeDialogs: true,
    // Elsewhere than on macOS, Chromium fetches its dictionaries from the network.
    spellcheck: process.platform === 'darwin',
    devTools: !app.isPackaged,
  }
}

function paper(): string {
  return nativeTheme.shouldUseDarkColors ? PAPER.dark : PAPER.light
}
