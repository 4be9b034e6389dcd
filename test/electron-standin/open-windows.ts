// The windows that are open now, by id.

import type { BrowserWindow } from './browser-window.ts'

export const openWindows = new Map<number, BrowserWindow>()
