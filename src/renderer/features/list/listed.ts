// Which conversations the list shows, and in which order.

import type { ConversationId } from '../../../shared/ids.ts'
import type { Conversation } from '../../../shared/model.ts'
import type { Tab } from '../../store/desk.ts'
import { conversationName } from '../../ui/person-name.tsx'

/** `open`: stays in sight although reading it made it read. */
export function listed(
  conversations: readonly Conversation[],
  tab: Tab,
  search: string,
  open: ConversationId | null = null,
): Conversation[] {
  const wanted = folded(search).replace(/^@/, '')
  return conversations
    .filter(
      (conversation) =>
        (inTab(conversation, tab) || (tab === 'unread' && conversation.id === open)) && matches(conversation, wanted),
    )
    .sort((a, b) => b.lastAt - a.lastAt || a.id.localeCompare(b.id))
}

export function inTab(conversation: Conversation, tab: Tab): boolean {
  const asks = conversation.state === 'incoming-request'
  if (tab === 'requests') return asks
  if (tab === 'unread') return conversation.unread > 0
  return true
}

function matches(conversation: Conversation, wanted: string): boolean {
  return (
    wanted === '' ||
    folded(conversationName(conversation)).includes(wanted) ||
    folded(conversation.person?.username ?? '').includes(wanted)
  )
}

/** Without case and accents, so that "jose" finds José. */
function folded(text: string): string {
  return text.trim().normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
}
