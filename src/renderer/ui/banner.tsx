// A broad note with what to do about it.

import type { ReactNode } from 'react'
import css from './banner.module.css'
import { classes } from './classes.ts'

interface BannerProps {
  readonly tone: 'neutral' | 'warn' | 'danger' | 'ok'
  readonly icon: ReactNode
  readonly title: ReactNode
  readonly text?: ReactNode
  readonly actions?: ReactNode
  readonly className?: string | undefined
}

export function Banner({ tone, icon, title, text, actions, className }: BannerProps) {
  return (
    <div className={classes(css.banner, css[tone], className)} role={tone === 'neutral' ? 'group' : 'status'}>
      <span className={css.icon}>{icon}</span>
      <div className={css.words}>
        <strong className={css.title}>{title}</strong>
        {text && <span>{text}</span>}
      </div>
      {actions && <div className={css.actions}>{actions}</div>}
    </div>
  )
}
