// What has been seen counts as read, and the line of new messages stays where it was while one reads.

import { useEffect, useRef } from 'react'
import type { MessageId } from '../../../shared/ids.ts'
import type { Conversation, Message } from '../../../shared/model.ts'
import { request } from '../../store/ask.ts'
import { arrange, currentDesk } from '../../store/desk.ts'
import { useAttention } from './use-attention.ts'

/** `lastSeen`: the lowest message in sight. `away`: the person has scrolled up from the newest one. */
export function useReading(conversation: Conversation, lastSeen: Message | undefined, away: boolean): void {
  const attentive = useAttention()
  const told = useRef<MessageId>(null)
  const { id, unread, firstUnread } = conversation

  useEffect(() => {
    if (!attentive || unread === 0 || !lastSeen || told.current === lastSeen.id) return
    told.current = lastSeen.id
    request('markRead', { conversation: id, upTo: lastSeen.id })
  }, [attentive, id, unread, lastSeen])

  // Who reads along needs no line; who looked away or scrolled up finds it where they stopped, and it stays there.
  const allWasRead = useRef(firstUnread === null)
  useEffect(() => {
    const begins = allWasRead.current && (!attentive || away)
    const grows = currentDesk().divider?.before === firstUnread
    allWasRead.current = firstUnread === null
    if (firstUnread && (begins || grows)) arrange({ divider: { before: firstUnread, count: unread } })
  }, [attentive, away, firstUnread, unread])
}
