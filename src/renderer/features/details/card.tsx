// A card of facts.

import type { ReactNode } from 'react'
import css from './card.module.css'

export function Card({ title, action, children }: { title: string; action?: ReactNode; children: ReactNode }) {
  return (
    <section className={css.card}>
      <h3 className={css.title}>
        {title}
        {action}
      </h3>
      <dl>{children}</dl>
    </section>
  )
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={css.fact}>
      <dt>{name}</dt>
      <dd className={css.value}>{children}</dd>
    </div>
  )
}
