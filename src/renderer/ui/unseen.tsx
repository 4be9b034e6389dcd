// Words for screen readers only.

import type { ReactNode } from 'react'
import css from './unseen.module.css'

export function Unseen({ children }: { children: ReactNode }) {
  return <span className={css.unseen}>{children}</span>
}
