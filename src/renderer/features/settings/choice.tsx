// One of a few: a row of radio buttons that looks like a switch with several positions.

import { RadioGroup } from 'radix-ui'
import css from './choice.module.css'

interface ChoiceProps<Value extends string> {
  readonly label: string
  readonly value: Value
  readonly options: ReadonlyArray<{ value: Value; label: string }>
  readonly onChoose: (value: Value) => void
}

export function Choice<Value extends string>({ label, value, options, onChoose }: ChoiceProps<Value>) {
  return (
    <RadioGroup.Root
      className={css.choice}
      aria-label={label}
      value={value}
      onValueChange={(chosen) => {
        const option = options.find((known) => known.value === chosen)
        if (option) onChoose(option.value)
      }}
    >
      {options.map((option) => (
        <RadioGroup.Item key={option.value} value={option.value} className={css.option}>
          {option.label}
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  )
}
