// What the palette offers for some letters: conversations first, then everything the window can do.

import type { Conversation, Settings } from '../../../shared/model.ts'
import { lockNow, openConversation, request } from '../../store/ask.ts'
import { arrange, currentDesk } from '../../store/desk.ts'
import type { Mirror } from '../../store/mirror.ts'
import { say } from '../../text/say.ts'
import type { SentenceKey } from '../../text/sentences.ts'
import { conversationName } from '../../ui/person-name.tsx'
import { isVerified } from '../../ui/verified.tsx'
import { listed } from '../list/listed.ts'
import { keysOf, type ShortcutName } from '../window/shortcuts.ts'

export interface PaletteEntry {
  readonly id: string
  readonly label: string
  /** A shortcut, or what kind of thing it is. */
  readonly hint: string
  readonly run: () => void
}

/** More than a screen of them help nobody. */
const MOST_CONVERSATIONS = 8

export function paletteEntries(mirror: Mirror, query: string): PaletteEntry[] {
  const conversations = [...mirror.conversations.values()]
  const wanted = query.trim().toLowerCase()
  return [
    ...listed(conversations, 'all', query).slice(0, MOST_CONVERSATIONS).map(conversationEntry),
    ...actions(mirror, conversations).filter((action) => action.label.toLowerCase().includes(wanted)),
  ]
}

function conversationEntry(conversation: Conversation): PaletteEntry {
  return {
    id: conversation.id,
    label: conversationName(conversation),
    hint: say(isVerified(conversation) ? 'palette.verified' : 'palette.chat'),
    run: () => openConversation(conversation.id),
  }
}

function actions(mirror: Mirror, conversations: readonly Conversation[]): PaletteEntry[] {
  const mac = mirror.host.platform === 'darwin'
  const action = (says: SentenceKey, run: () => void, shortcut?: ShortcutName): PaletteEntry => ({
    id: says,
    label: say(says),
    hint: shortcut ? keysOf(shortcut, mac) : '',
    run,
  })
  const theme = (says: SentenceKey, value: Settings['theme']) =>
    action(says, () => request('updateSettings', { theme: value }))
  const unread = listed(conversations, 'unread', '')[0]
  return [
    ...(unread ? [action('palette.unread', () => openConversation(unread.id))] : []),
    action('palette.newChat', () => arrange({ dialog: { kind: 'new-chat' } }), 'newChat'),
    action('group.new', () => arrange({ dialog: { kind: 'new-group' } })),
    action('palette.invite', () => arrange({ dialog: { kind: 'own-invitation' } })),
    action('palette.relay', () => arrange({ relayView: !currentDesk().relayView }), 'relay'),
    action('palette.details', () => arrange({ details: !currentDesk().details }), 'details'),
    action('export.all', () => arrange({ dialog: { kind: 'export', conversation: null } })),
    action('palette.link', () => arrange({ dialog: { kind: 'link-device' } })),
    action('palette.settings', () => arrange({ dialog: { kind: 'settings' } }), 'settings'),
    action('palette.shortcuts', () => arrange({ dialog: { kind: 'shortcuts' } }), 'list'),
    ...(mirror.lock.passphrase ? [action('palette.lock', lockNow, 'lock')] : []),
    theme('palette.light', 'light'),
    theme('palette.dark', 'dark'),
    theme('palette.system', 'system'),
    ...(mirror.host.shell === 'command-line' ? [] : [action('palette.second', () => request('openSecondProfile', {}))]),
  ]
}
