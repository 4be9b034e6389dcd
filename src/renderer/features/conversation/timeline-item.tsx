// One message with what stands before it: the day, the line of new messages.

import type { Conversation } from '../../../shared/model.ts'
import { say } from '../../text/say.ts'
import { dayName } from '../../text/times.ts'
import { Beginning } from './beginning.tsx'
import { Bubble } from './bubble.tsx'
import { MiddleNote } from './middle-note.tsx'
import css from './timeline-item.module.css'
import { isBubble, type TimelineRow } from './timeline-rows.ts'

interface TimelineItemProps {
  readonly row: TimelineRow
  readonly conversation: Conversation
  readonly now: number
  /** Whether the arrow keys stand on it. */
  readonly reachable: boolean
}

export function TimelineItem({ row, conversation, now, reachable }: TimelineItemProps) {
  const { message, day, newHere } = row
  return (
    <div className={css.item}>
      {row.begins && <Beginning conversation={conversation} />}
      {day !== null && (
        <h3 className={css.day}>
          <time dateTime={new Date(day).toISOString()}>{dayName(day, now)}</time>
        </h3>
      )}
      {newHere !== null && <p className={css.new}>{say('conversation.newMessages', { count: newHere })}</p>}
      {isBubble(message) ? (
        <Bubble row={row} person={conversation.person} reachable={reachable} />
      ) : (
        <MiddleNote message={message} person={conversation.person} reachable={reachable} />
      )}
    </div>
  )
}
