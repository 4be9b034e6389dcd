// The windows that are open now, by id, and the events Electron sends about all of them.

import type { BrowserWindow } from './browser-window.ts'

export const openWindows = new Map<number, BrowserWindow>()
