// One line to type into, with its label, its hint and what is wrong with it.

import { type InputHTMLAttributes, useId } from 'react'
import { classes } from './classes.ts'
import css from './field.module.css'

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  readonly label: string
  /** Stands before what is typed, like the @ of a username. */
  readonly prefix?: string
  readonly hint?: string | undefined
  readonly problem?: string | undefined
  /** Takes the focus when its dialog opens. */
  readonly 'data-begins-here'?: boolean
}

export function Field({ label, prefix, hint, problem, className, ...input }: FieldProps) {
  const id = useId()
  const note = problem ?? hint
  return (
    <div className={classes(css.field, className)}>
      <label className={css.label} htmlFor={id}>
        {label}
      </label>
      <div className={classes(css.box, problem !== undefined && css.wrong)}>
        {prefix && (
          <span className={css.prefix} aria-hidden="true">
            {prefix}
          </span>
        )}
        <input
          {...input}
          id={id}
          className={css.input}
          aria-invalid={problem !== undefined}
          {...(note ? { 'aria-describedby': `${id}-note` } : {})}
        />
      </div>
      {note && (
        <p id={`${id}-note`} className={classes(css.note, problem !== undefined && css.problem)}>
          {note}
        </p>
      )}
    </div>
  )
}
