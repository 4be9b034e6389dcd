// The window of a profile: one sandboxed page from app://sotto.

import { join } from 'node:path'
import { BrowserWindow, type NativeTheme, type Screen } from 'electron'
import { ORIGIN } from './pages.ts'
import { type Bounds, fitToScreens, SMALLEST, type WindowState } from './window-state.ts'

const FIRST_SIZE = { width: 1200, height: 800 }
/** --surface-0 of the two themes: what is seen before the page is there. */
const PAPER = { light: '#f3f0eb', dark: '#12100f' }

export interface Surroundings {
  screen: Screen
  nativeTheme: NativeTheme
  /** A released app: no developer tools. */
  isPackaged: boolean
}

export function openWindow({ screen, nativeTheme, isPackaged }: Surroundings, state: WindowState): BrowserWindow {
  const screens: Bounds[] = screen.getAllDisplays().map((display) => display.workArea)
  const window = new BrowserWindow({
    ...FIRST_SIZE,
    ...fitToScreens(state.bounds, screens),
    minWidth: SMALLEST.width,
    minHeight: SMALLEST.height,
    show: false,
    title: 'Sotto',
    backgroundColor: paper(nativeTheme),
    webPreferences: {
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
      devTools: !isPackaged,
    },
  })
  window.once('ready-to-show', () => {
    if (state.maximized) window.maximize()
    window.show()
  })
  // Where the ways of leaving the machine unseen are concerned, CSP does not speak of WebRTC.
  window.webContents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp')
  window.loadURL(`${ORIGIN}/index.html`).catch(() => undefined) // closed while it loaded; a failure is told by did-fail-load
  return window
}

export function paper(nativeTheme: NativeTheme): string {
  return nativeTheme.shouldUseDarkColors ? PAPER.dark : PAPER.light
}

export function stateOf(window: BrowserWindow, theme: WindowState['theme']): WindowState {
  return { bounds: window.getNormalBounds(), maximized: window.isMaximized(), theme }
}

/** Brings it to the front, whatever became of it. */
export function bringForward(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore()
  window.show()
  window.focus()
}
