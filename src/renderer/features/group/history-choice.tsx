// How much of what was said before they come somebody is given.

import { useState } from 'react'
import type { Instant } from '../../../shared/ids.ts'
import type { HistoryGrant } from '../../../shared/model.ts'
import { say } from '../../text/say.ts'
import { instantIn } from '../../ui/now.ts'
import { DAY, TimeChoice } from './time-choice.tsx'

const spans = { day: DAY, week: 7 * DAY, month: 30 * DAY } as const
type Word = 'none' | keyof typeof spans | 'all'

/** Begins with nothing. */
export function HistoryChoice({ onChoose }: { onChoose: (grant: HistoryGrant) => void }) {
  const [now] = useState(() => Date.now())
  return (
    <TimeChoice<Word>
      label={say('group.history')}
      options={[
        { value: 'none', label: say('group.history.none') },
        { value: 'day', label: say('group.history.day') },
        { value: 'week', label: say('group.history.week') },
        { value: 'month', label: say('group.history.month') },
        { value: 'date', label: say('group.history.date') },
        { value: 'all', label: say('group.history.all') },
      ]}
      first="none"
      day={{ label: say('group.history.since'), begins: now - spans.week, max: now }}
      onChoose={(chosen) => onChoose(grantOf(chosen))}
    />
  )
}

function grantOf(chosen: Word | Instant | null): HistoryGrant {
  if (chosen === null) return { kind: 'none' }
  if (typeof chosen === 'number') return { kind: 'since', since: chosen }
  if (chosen === 'none' || chosen === 'all') return { kind: chosen }
  return { kind: 'since', since: instantIn(-spans[chosen]) }
}
