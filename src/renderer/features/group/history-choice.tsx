// How much of what was said before they come somebody is given.

import { useId, useState } from 'react'
import { Instant } from '../../../shared/ids.ts'
import type { HistoryGrant } from '../../../shared/model.ts'
import { say } from '../../text/say.ts'
import css from './group.module.css'

const DAY = 86_400_000
const spans = { day: DAY, week: 7 * DAY, month: 30 * DAY } as const
type Choice = 'none' | keyof typeof spans | 'date' | 'all'

/** Begins with nothing. */
export function HistoryChoice({ onChoose }: { onChoose: (grant: HistoryGrant) => void }) {
  const id = useId()
  const [choice, setChoice] = useState<Choice>('none')
  const [date, setDate] = useState(() => dayOf(Date.now() - spans.week))

  function choose(next: Choice, from: string) {
    setChoice(next)
    setDate(from)
    onChoose(grantOf(next, from))
  }

  return (
    <>
      <div className={css.line}>
        <label htmlFor={id}>{say('group.history')}</label>
        <select
          id={id}
          className={css.select}
          value={choice}
          onChange={(event) => choose(event.target.value as Choice, date)}
        >
          <option value="none">{say('group.history.none')}</option>
          <option value="day">{say('group.history.day')}</option>
          <option value="week">{say('group.history.week')}</option>
          <option value="month">{say('group.history.month')}</option>
          <option value="date">{say('group.history.date')}</option>
          <option value="all">{say('group.history.all')}</option>
        </select>
      </div>
      {choice === 'date' && (
        <div className={css.line}>
          <label htmlFor={`${id}-date`}>{say('group.history.since')}</label>
          <input
            id={`${id}-date`}
            className={css.select}
            type="date"
            required
            max={dayOf(Date.now())}
            value={date}
            // Emptied, it would grant nothing while it looks like a date: the last one stays.
            onChange={(event) => event.target.value !== '' && choose('date', event.target.value)}
          />
        </div>
      )}
    </>
  )
}

function grantOf(choice: Choice, date: string): HistoryGrant {
  switch (choice) {
    case 'none':
    case 'all':
      return { kind: choice }
    case 'date':
      return { kind: 'since', since: Instant.parse(new Date(`${date}T00:00`).getTime()) }
    default:
      return { kind: 'since', since: Instant.parse(Date.now() - spans[choice]) }
  }
}

/** Where the person is. As a date field has it. */
function dayOf(time: number): string {
  const at = new Date(time)
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, '0')).join('-')
}
