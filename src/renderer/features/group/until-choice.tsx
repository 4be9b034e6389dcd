// For how long somebody is muted or banned.

import { useState } from 'react'
import type { Instant } from '../../../shared/ids.ts'
import { say } from '../../text/say.ts'
import { instantIn } from '../../ui/now.ts'
import { DAY, TimeChoice } from './time-choice.tsx'

const spans = { day: DAY, week: 7 * DAY, month: 30 * DAY } as const
type Word = keyof typeof spans | 'good'

/** Undefined: for good. Null: no time at all. */
export type Until = Instant | undefined | null

/** Begins with good. A day that is named is the first on which it is over. */
export function UntilChoice({ onChoose }: { onChoose: (until: Until) => void }) {
  const [now] = useState(() => Date.now())
  return (
    <TimeChoice<Word>
      label={say('group.until')}
      options={[
        { value: 'good', label: say('group.until.good') },
        { value: 'day', label: say('group.until.day') },
        { value: 'week', label: say('group.until.week') },
        { value: 'month', label: say('group.until.month') },
        { value: 'date', label: say('group.until.date') },
      ]}
      first="good"
      day={{ label: say('group.until.day-named'), begins: now + spans.week, min: now + DAY }}
      onChoose={(chosen) => onChoose(untilOf(chosen))}
    />
  )
}

function untilOf(chosen: Word | Instant | null): Until {
  if (chosen === null || typeof chosen === 'number') return chosen
  return chosen === 'good' ? undefined : instantIn(spans[chosen])
}
