// Sets the colours of the page: what the person chose, or what the system has at this moment.

import { useEffect } from 'react'
import type { Settings } from '../../shared/model.ts'

const systemIsDark = '(prefers-color-scheme: dark)'

export function useTheme(theme: Settings['theme']): void {
  useEffect(() => {
    const system = window.matchMedia(systemIsDark)
    const paint = () => {
      const dark = theme === 'dark' || (theme === 'system' && system.matches)
      document.documentElement.dataset.theme = dark ? 'dark' : 'light'
    }
    paint()
    system.addEventListener('change', paint)
    return () => system.removeEventListener('change', paint)
  }, [theme])
}
