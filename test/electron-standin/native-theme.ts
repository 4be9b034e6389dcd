// nativeTheme: light or dark, told to every page as prefers-color-scheme.

import { openWindows } from './open-windows.ts'
import { type Part, strictEmitter } from './strict.ts'

type ThemeSource = Electron.NativeTheme['themeSource']

class NativeTheme extends strictEmitter('nativeTheme') implements Part<Electron.NativeTheme> {
  readonly inForcedColorsMode = false
  readonly prefersReducedTransparency = false
  readonly shouldUseHighContrastColors = false
  readonly shouldUseInvertedColorScheme = false
  #source: ThemeSource = 'system'

  get themeSource(): ThemeSource {
    return this.#source
  }

  set themeSource(source: ThemeSource) {
    this.#source = source
    for (const window of openWindows.values()) window.setColorScheme(source)
    setImmediate(() => this.emit('updated'))
  }

  get shouldUseDarkColors(): boolean {
    return this.#source === 'dark'
  }
}

export const nativeTheme = new NativeTheme()
