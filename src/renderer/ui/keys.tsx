// A key combination, drawn as a key.

import type { ReactNode } from 'react'
import css from './keys.module.css'

export function Keys({ children }: { children: ReactNode }) {
  return <kbd className={css.keys}>{children}</kbd>
}
