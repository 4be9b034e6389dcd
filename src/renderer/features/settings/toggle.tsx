// Something that is on or off, with what that means.

import { Switch } from 'radix-ui'
import { useId } from 'react'
import css from './toggle.module.css'

interface ToggleProps {
  readonly label: string
  readonly text: string
  readonly on: boolean
  readonly onChange: (on: boolean) => void
}

export function Toggle({ label, text, on, onChange }: ToggleProps) {
  const id = useId()
  return (
    <div className={css.toggle}>
      <label htmlFor={id} className={css.words}>
        <span className={css.label}>{label}</span>
        <span id={`${id}-text`} className={css.text}>
          {text}
        </span>
      </label>
      <Switch.Root
        id={id}
        className={css.switch}
        aria-label={label}
        aria-describedby={`${id}-text`}
        checked={on}
        onCheckedChange={onChange}
      >
        <Switch.Thumb className={css.thumb} />
      </Switch.Root>
    </div>
  )
}
