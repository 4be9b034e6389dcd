// One conversation: who, what was said, and what to say next.

import { useEffect } from 'react'
import type { PersonConversation } from '../../../shared/model.ts'
import { client } from '../../bridge.ts'
import { loadNewest, useMirror } from '../../store/feed.ts'
import { say } from '../../text/say.ts'
import { conversationName } from '../../ui/person-name.tsx'
import { ConversationHeader } from './conversation-header.tsx'
import css from './conversation-view.module.css'
import { BlockedBar, RequestBar, SafetyBanner } from './standing.tsx'
import { Timeline } from './timeline.tsx'
import { TypingLine } from './typing-line.tsx'
import { Writing } from './writing.tsx'

export function ConversationView({ conversation }: { conversation: PersonConversation }) {
  const page = useMirror((mirror) => mirror.pages.get(conversation.id))
  const missing = page === undefined
  useEffect(() => {
    if (missing) void loadNewest(client, conversation.id)
  }, [missing, conversation.id])

  return (
    <main className={css.conversation} aria-label={say('conversation.label', { name: conversationName(conversation) })}>
      <ConversationHeader conversation={conversation} />
      {conversation.person.safety.state === 'changed' && <SafetyBanner conversation={conversation} />}
      {page && !page.loading ? <Timeline conversation={conversation} page={page} /> : <div className={css.loading} />}
      <TypingLine conversation={conversation} />
      <Foot conversation={conversation} />
    </main>
  )
}

function Foot({ conversation }: { conversation: PersonConversation }) {
  if (conversation.person.blocked) return <BlockedBar conversation={conversation} />
  if (conversation.state === 'incoming-request') return <RequestBar conversation={conversation} />
  return <Writing conversation={conversation} />
}
