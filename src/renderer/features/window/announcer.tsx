// Says what comes in to those who listen to the screen instead of looking at it.

import { useEffect, useRef, useState } from 'react'
import type { ConversationId, MessageId } from '../../../shared/ids.ts'
import { useMirror } from '../../store/feed.ts'
import { preview } from '../../text/preview.ts'
import { say } from '../../text/say.ts'
import { conversationName } from '../../ui/person-name.tsx'
import { Unseen } from '../../ui/unseen.tsx'
import css from './announcer.module.css'

export function Announcer() {
  const conversations = useMirror((mirror) => mirror.conversations)
  const known = useRef<Map<ConversationId, MessageId | undefined>>(null)
  const own = useMirror((mirror) => mirror.profile?.account)
  const [words, setWords] = useState('')

  useEffect(() => {
    const before = known.current
    known.current = new Map([...conversations].map(([id, conversation]) => [id, conversation.last?.id]))
    if (!before) return
    for (const conversation of conversations.values()) {
      const { last } = conversation
      if (!last || last.own || last.id === before.get(conversation.id)) continue
      setWords(say('conversation.announce', { name: conversationName(conversation), text: preview(last.content, own) }))
    }
  }, [conversations, own])

  return (
    <div className={css.announcer} role="log" aria-live="polite">
      <Unseen>{words}</Unseen>
    </div>
  )
}
