// A time: one of a few that are at hand, or the beginning of any day that is named.

import { useId, useState } from 'react'
import type { Instant } from '../../../shared/ids.ts'
import { say } from '../../text/say.ts'
import css from './group.module.css'

export const DAY = 86_400_000

interface TimeChoiceProps<Word extends string> {
  readonly label: string
  /** `date`: any day. */
  readonly options: ReadonlyArray<{ value: Word | 'date'; label: string }>
  readonly first: Word
  /** What the day is asked for with, the one it begins with, and between which ones. */
  readonly day: { readonly label: string; readonly begins: number; readonly min?: number; readonly max?: number }
  /** Null: a day that is not between them. */
  readonly onChoose: (chosen: Word | Instant | null) => void
}

export function TimeChoice<Word extends string>({ label, options, first, day, onChoose }: TimeChoiceProps<Word>) {
  const id = useId()
  const [choice, setChoice] = useState<Word | 'date'>(first)
  const [date, setDate] = useState(() => fieldOf(day.begins))
  const [problem, setProblem] = useState(false)

  function choose(next: Word | 'date', named: string) {
    const at = new Date(`${named}T00:00`).getTime()
    setChoice(next)
    setDate(named)
    const isWithin = named >= fieldOf(day.min ?? 0) && (day.max === undefined || named <= fieldOf(day.max))
    setProblem(next === 'date' && !isWithin)
    if (next !== 'date') onChoose(next)
    else onChoose(isWithin ? (at as Instant) : null)
  }

  return (
    <>
      <div className={css.line}>
        <label htmlFor={id}>{label}</label>
        <select
          id={id}
          className={css.select}
          value={choice}
          onChange={(event) => {
            const option = options.find(({ value }) => value === event.target.value)
            if (option) choose(option.value, date)
          }}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      </div>
      {choice === 'date' && (
        <div className={css.line}>
          <label htmlFor={`${id}-date`}>{day.label}</label>
          <input
            id={`${id}-date`}
            className={css.select}
            type="date"
            required
            min={day.min === undefined ? undefined : fieldOf(day.min)}
            max={day.max === undefined ? undefined : fieldOf(day.max)}
            value={date}
            aria-invalid={problem}
            // Emptied, it would mean nothing while it looks like a date: the last one stays.
            onChange={(event) => event.target.value !== '' && choose('date', event.target.value)}
          />
        </div>
      )}
      {problem && (
        <p className={css.problem} role="alert">
          {say('group.dayBad')}
        </p>
      )}
    </>
  )
}

/** Where the person is. As a date field has it. */
function fieldOf(time: number): string {
  const at = new Date(time)
  const parts = [String(at.getFullYear()).padStart(4, '0'), at.getMonth() + 1, at.getDate()]
  return parts.map((part) => String(part).padStart(2, '0')).join('-')
}
