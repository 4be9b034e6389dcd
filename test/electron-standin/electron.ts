// The module `electron` of the main process. What is not here cannot be imported, and a member that is missing throws.

import { app } from './app.ts'
import { BrowserWindow } from './browser-window.ts'
import { clipboard, dialog, globalShortcut, Notification, notifications, shell, Tray, trays } from './desktop.ts'
import { ipcMain } from './ipc-main.ts'
import { crashReporter, net, powerMonitor, powerSaveBlocker, safeStorage, screen } from './machine.ts'
import { Menu, MenuItem } from './menu.ts'
import { nativeImage } from './native-image.ts'
import { nativeTheme } from './native-theme.ts'
import { protocol } from './protocol.ts'
import { calls } from './record.ts'
import { session } from './session.ts'
import { strict } from './strict.ts'
import { utilityProcess } from './utility-process.ts'
import { webContents } from './web-contents.ts'

/** What only the stand-in has: everything that was asked of the desktop. A test that reads it is for the stand-in alone. */
const standin = { calls, notifications, trays }

/** Only names that Electron exports, and `standin`. */
type Members = Partial<Record<keyof typeof import('electron') | 'standin', object>>

const electron: Members = strict('electron', {
  app,
  BrowserWindow,
  clipboard,
  crashReporter,
  dialog,
  globalShortcut,
  ipcMain,
  Menu,
  MenuItem,
  nativeImage,
  nativeTheme,
  net,
  Notification,
  powerMonitor,
  powerSaveBlocker,
  protocol,
  safeStorage,
  screen,
  session,
  shell,
  standin,
  Tray,
  utilityProcess,
  webContents,
})

export {
  app,
  BrowserWindow,
  clipboard,
  crashReporter,
  dialog,
  electron as default,
  electron as 'module.exports',
  globalShortcut,
  ipcMain,
  Menu,
  MenuItem,
  Notification,
  nativeImage,
  nativeTheme,
  net,
  powerMonitor,
  powerSaveBlocker,
  protocol,
  safeStorage,
  screen,
  session,
  shell,
  standin,
  Tray,
  utilityProcess,
  webContents,
}
