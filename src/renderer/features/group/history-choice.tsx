// How much of what was said before they come somebody is given.

import { useId } from 'react'
import { Instant } from '../../../shared/ids.ts'
import type { HistoryGrant } from '../../../shared/model.ts'
import { say } from '../../text/say.ts'
import css from './group.module.css'

export type HistoryWish = 'none' | 'day' | 'week' | 'month' | 'all'

const DAY = 86_400_000
const spans = { day: DAY, week: 7 * DAY, month: 30 * DAY } as const

export function HistoryChoice({ value, onChoose }: { value: HistoryWish; onChoose: (wish: HistoryWish) => void }) {
  const id = useId()
  return (
    <div className={css.line}>
      <label htmlFor={id}>{say('group.history')}</label>
      <select
        id={id}
        className={css.select}
        value={value}
        onChange={(event) => onChoose(event.target.value as HistoryWish)}
      >
        <option value="none">{say('group.history.none')}</option>
        <option value="day">{say('group.history.day')}</option>
        <option value="week">{say('group.history.week')}</option>
        <option value="month">{say('group.history.month')}</option>
        <option value="all">{say('group.history.all')}</option>
      </select>
    </div>
  )
}

export function grantOf(wish: HistoryWish): HistoryGrant {
  if (wish === 'none' || wish === 'all') return { kind: wish }
  return { kind: 'since', since: Instant.parse(Date.now() - spans[wish]) }
}
