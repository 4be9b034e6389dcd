// Whether the person can be looking: this window is in front and not hidden.

import { useSyncExternalStore } from 'react'

const signs = ['focus', 'blur'] as const

function subscribe(changed: () => void): () => void {
  for (const sign of signs) window.addEventListener(sign, changed)
  document.addEventListener('visibilitychange', changed)
  return () => {
    for (const sign of signs) window.removeEventListener(sign, changed)
    document.removeEventListener('visibilitychange', changed)
  }
}

export function useAttention(): boolean {
  return useSyncExternalStore(subscribe, () => document.hasFocus() && document.visibilityState === 'visible')
}
