// What stands around each message: the day, the line of new messages, and where a group of bubbles begins and ends.

import type { MessageId } from '../../../shared/ids.ts'
import type { Message } from '../../../shared/model.ts'
import type { UnreadDivider } from '../../store/desk.ts'
import type { Page } from '../../store/pages.ts'
import { dayOf } from '../../text/times.ts'

/** Messages of one author within so many milliseconds of each other stand together. */
const GROUP_WITHIN = 5 * 60_000

export interface TimelineRow {
  readonly message: Message
  /** Whether it is the very first of the conversation. */
  readonly begins: boolean
  /** An instant of the day that begins here. */
  readonly day: number | null
  /** How many new messages begin here. */
  readonly newHere: number | null
  readonly startsGroup: boolean
  readonly endsGroup: boolean
}

export function timelineRows(
  { messages, hasEarlier }: Pick<Page, 'messages' | 'hasEarlier'>,
  divider: UnreadDivider | null,
): TimelineRow[] {
  return messages.map((message, index) => {
    const before = messages[index - 1]
    const after = messages[index + 1]
    return {
      message,
      begins: !before && !hasEarlier,
      day: !before || dayOf(before.sentAt) !== dayOf(message.sentAt) ? message.sentAt : null,
      newHere: divider?.before === message.id ? divider.count : null,
      startsGroup: !before || !together(before, message, divider?.before),
      endsGroup: !after || !together(message, after, divider?.before),
    }
  })
}

function together(first: Message, second: Message, dividedBefore: MessageId | undefined): boolean {
  return (
    first.author === second.author &&
    isBubble(first) &&
    isBubble(second) &&
    dayOf(first.sentAt) === dayOf(second.sentAt) &&
    Math.abs(second.sentAt - first.sentAt) < GROUP_WITHIN &&
    second.id !== dividedBefore
  )
}

/** The rest are notes in the middle of the conversation. */
export function isBubble(message: Message): boolean {
  return ['text', 'undecryptable', 'deleted', 'key-missing'].includes(message.content.kind)
}
