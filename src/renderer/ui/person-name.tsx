// A name as its owner wrote it, fenced off so that its direction stays its own.

import type { Conversation } from '../../shared/model.ts'
import { shownName } from '../text/plain.ts'
import { say } from '../text/say.ts'

export function PersonName({ name, className }: { name: string; className?: string | undefined }) {
  return (
    <bdi dir="auto" className={className}>
      {shownName(name)}
    </bdi>
  )
}

/** What a conversation is called. */
export function conversationName(conversation: Conversation): string {
  if (conversation.kind === 'notes') return say('list.notes')
  return shownName(conversation.kind === 'group' ? conversation.group.title : conversation.person.name)
}
