// Buttons: the one action of a place, the other ones, and those that look like text.

import type { ButtonHTMLAttributes } from 'react'
import css from './button.module.css'
import { classes } from './classes.ts'

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: 'primary' | 'secondary' | 'text' | 'danger'
  readonly small?: boolean
  readonly wide?: boolean
}

export function Button({ look = 'secondary', small, wide, className, type = 'button', ...rest }: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      className={classes(css.button, css[look], small && css.small, wide && css.wide, className)}
    />
  )
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** Said by screen readers and shown when the pointer rests. */
  readonly label: string
  /** For a button that shows and hides something. */
  readonly on?: boolean
}

export function IconButton({ label, on, className, type = 'button', ...rest }: IconButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      className={classes(css.icon, on && css.on, className)}
      aria-label={label}
      title={label}
      {...(on === undefined ? {} : { 'aria-pressed': on })}
    />
  )
}
