// Where a conversation stands in the list, and whether it may ring.

import { useId } from 'react'
import type { Conversation, Muted } from '../../../shared/model.ts'
import { request } from '../../store/ask.ts'
import { isMuted } from '../../store/muted.ts'
import { say } from '../../text/say.ts'
import type { SentenceKey } from '../../text/sentences.ts'
import { untilTime } from '../../text/times.ts'
import { instantIn, MINUTE, useNow } from '../../ui/now.ts'
import css from './chat-card.module.css'

const HOUR = 3_600_000
const spans = { hour: HOUR, night: 8 * HOUR, week: 7 * 24 * HOUR } as const
type Choice = 'none' | keyof typeof spans | 'good' | 'until'

const choices: ReadonlyArray<{ choice: Exclude<Choice, 'until'>; says: SentenceKey }> = [
  { choice: 'none', says: 'mute.none' },
  { choice: 'hour', says: 'mute.hour' },
  { choice: 'night', says: 'mute.night' },
  { choice: 'week', says: 'mute.week' },
  { choice: 'good', says: 'mute.good' },
]

export function ChatCard({ conversation }: { conversation: Conversation }) {
  const { id, pinned, archived } = conversation
  return (
    <section className={css.card} aria-label={say('details.chat')}>
      <h3 className={css.title}>{say('details.chat')}</h3>
      <Mute conversation={conversation} />
      <Tick
        says={say('details.pin')}
        on={pinned}
        onChange={() => request('setPinned', { conversation: id, pinned: !pinned })}
      />
      <Tick
        says={say('details.archive')}
        on={archived}
        onChange={() => request('setArchived', { conversation: id, archived: !archived })}
      />
    </section>
  )
}

function Mute({ conversation }: { conversation: Conversation }) {
  const field = useId()
  const now = useNow(MINUTE)
  const { muted } = conversation
  const chosen: Choice = !isMuted(conversation, now) ? 'none' : muted === 'for-good' ? 'good' : 'until'
  return (
    <div className={css.line}>
      <label htmlFor={field}>{say('details.mute')}</label>
      <select
        id={field}
        className={css.select}
        value={chosen}
        onChange={(event) => {
          const until = untilOf(event.target.value as Choice)
          if (until !== undefined) request('setMuted', { conversation: conversation.id, until })
        }}
      >
        {chosen === 'until' && typeof muted === 'number' && (
          <option value="until">{say('mute.until', { time: untilTime(muted, now) })}</option>
        )}
        {choices.map(({ choice, says }) => (
          <option key={choice} value={choice}>
            {say(says)}
          </option>
        ))}
      </select>
    </div>
  )
}

/** Undefined: it stays as it is. */
function untilOf(choice: Choice): Muted | null | undefined {
  switch (choice) {
    case 'none':
      return null
    case 'good':
      return 'for-good'
    case 'until':
      return undefined
    default:
      return instantIn(spans[choice])
  }
}

function Tick({ says, on, onChange }: { says: string; on: boolean; onChange: () => void }) {
  return (
    <label className={css.line}>
      {says}
      <input type="checkbox" className={css.tick} checked={on} onChange={onChange} />
    </label>
  )
}
