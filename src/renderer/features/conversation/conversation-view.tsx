// One conversation: who, what was said, and what to say next.

import { useEffect } from 'react'
import type { PersonConversation } from '../../../shared/model.ts'
import { client } from '../../bridge.ts'
import { useDesk } from '../../store/desk.ts'
import { loadNewest, useMirror } from '../../store/feed.ts'
import { say } from '../../text/say.ts'
import { conversationName } from '../../ui/person-name.tsx'
import { Composer } from './composer.tsx'
import { ConversationHeader } from './conversation-header.tsx'
import css from './conversation-view.module.css'
import { Editing } from './editing.tsx'
import { BlockedBar, RequestBar, SafetyBanner } from './standing.tsx'
import { Timeline } from './timeline.tsx'
import { TypingLine } from './typing-line.tsx'

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

/** Something new, or another text for what was said. */
function Writing({ conversation }: { conversation: PersonConversation }) {
  const editing = useDesk((desk) => desk.editing)
  const message = useMirror((mirror) =>
    mirror.pages.get(conversation.id)?.messages.find((known) => known.id === editing),
  )
  if (message?.content.kind !== 'text') return <Composer conversation={conversation} />
  return <Editing key={message.id} message={{ ...message, content: message.content }} />
}
