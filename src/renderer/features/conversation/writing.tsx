// Where one writes: something new, or another text for what was said.

import type { Conversation } from '../../../shared/model.ts'
import { useDesk } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { Composer } from './composer.tsx'
import { Editing } from './editing.tsx'

export function Writing({ conversation }: { conversation: Conversation }) {
  const editing = useDesk((desk) => desk.editing)
  const message = useMirror((mirror) =>
    mirror.pages.get(conversation.id)?.messages.find((known) => known.id === editing),
  )
  if (message?.content.kind !== 'text') return <Composer conversation={conversation} />
  return <Editing key={message.id} message={{ ...message, content: message.content }} />
}
