// The theme of the system's own parts (menus, scrollbars, prefers-color-scheme) follows the profile's setting.

import type { BrowserWindow, NativeTheme } from 'electron'
import type { Settings } from '../shared/model.ts'
import { paper } from './window.ts'

export function followTheme(nativeTheme: NativeTheme, window: () => BrowserWindow | undefined): void {
  nativeTheme.on('updated', () => window()?.setBackgroundColor(paper(nativeTheme)))
}

export function setTheme(nativeTheme: NativeTheme, theme: Settings['theme']): void {
  if (nativeTheme.themeSource !== theme) nativeTheme.themeSource = theme
}
