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
        (inTab(conversation, tab) || staysInSight(conversation, tab, open, wanted)) && matches(conversation, wanted),
    )
    .sort((a, b) => Number(b.pinned) - Number(a.pinned) || b.lastAt - a.lastAt || a.id.localeCompare(b.id))
}

export function inTab(conversation: Conversation, tab: Tab): boolean {
  const asks = conversation.state === 'incoming-request'
  if (tab === 'requests') return asks
  if (tab === 'archived') return conversation.archived
  if (conversation.archived) return false
  if (tab === 'groups') return conversation.kind === 'group'
  return tab === 'all' || conversation.unread > 0
}

/** What was just read is not gone yet, and who searches everything finds what is put away, too. */
function staysInSight(conversation: Conversation, tab: Tab, open: ConversationId | null, wanted: string): boolean {
  return (tab === 'unread' && conversation.id === open) || (tab === 'all' && wanted !== '')
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
