// A screen with one thing on it: a card in the middle that says what is the matter and what to do.

import type { FormEvent, ReactNode } from 'react'
import css from './card-screen.module.css'

interface CardScreenProps {
  readonly icon?: ReactNode
  readonly title: string
  readonly text?: ReactNode
  /** Said at once by screen readers. */
  readonly urgent?: boolean
  readonly busy?: boolean
  /** Makes the card a form. */
  readonly onSubmit?: () => void
  readonly children: ReactNode
}

export function CardScreen({ icon, title, text, urgent, busy, onSubmit, children }: CardScreenProps) {
  const inside = (
    <>
      {icon}
      <div className={css.words} {...(urgent ? { role: 'alert' } : {})}>
        <h1 className={css.title}>{title}</h1>
        {text && <p className={css.text}>{text}</p>}
      </div>
      {children}
    </>
  )
  function submit(event: FormEvent) {
    event.preventDefault()
    onSubmit?.()
  }
  return (
    <main className={css.screen}>
      {onSubmit ? (
        <form className={css.card} onSubmit={submit} noValidate aria-busy={busy ?? false}>
          {inside}
        </form>
      ) : (
        <div className={css.card}>{inside}</div>
      )}
    </main>
  )
}

/** Why it cannot be; keeps its place above the button, so that it need not push. */
export function CardProblem({ children }: { children: ReactNode }) {
  return (
    <p className={css.problem} role="alert">
      {children}
    </p>
  )
}
