// The mirror: what the engine last said, written by snapshots and changes and by nothing else.

import { unreachable } from '../../shared/answer.ts'
import type { ConversationId, Instant } from '../../shared/ids.ts'
import type {
  AppLock,
  Backup,
  Change,
  ChangeSet,
  Connection,
  Contradiction,
  Conversation,
  History,
  Host,
  Linking,
  OpenedLink,
  OwnDevice,
  Profile,
  Recovery,
  Settings,
  Snapshot,
  Stage,
  Update,
} from '../../shared/model.ts'
import { isMuted } from './muted.ts'
import { type Page, withMessage, withoutMessage } from './pages.ts'

export interface Mirror {
  readonly revision: number
  readonly host: Host
  readonly stage: Stage
  readonly recovery: Recovery
  readonly lock: AppLock
  readonly backup: Backup
  readonly restoredAt: Instant | null
  readonly update: Update
  readonly openedLink: OpenedLink
  readonly profile: Profile | null
  readonly connection: Connection
  readonly linking: Linking
  readonly history: History
  readonly settings: Settings
  readonly devices: readonly OwnDevice[]
  readonly contradiction: Contradiction | null
  readonly conversations: ReadonlyMap<ConversationId, Conversation>
  /** Messages of the conversations that were opened in this window. */
  readonly pages: ReadonlyMap<ConversationId, Page>
}

/** A fresh mirror. Loaded messages are forgotten: changes to them may be among those that were missed. */
export function replace(snapshot: Snapshot): Mirror {
  const { conversations, ...rest } = snapshot
  return { ...rest, conversations: new Map(conversations.map((row) => [row.id, row])), pages: new Map() }
}

/** The mirror after these changes, or `missed` if others should have come before them. */
export function apply(mirror: Mirror, set: ChangeSet): Mirror | 'missed' {
  if (set.revision <= mirror.revision) return mirror
  if (set.revision > mirror.revision + 1) return 'missed'
  return { ...set.changes.reduce(applyOne, mirror), revision: set.revision }
}

function applyOne(mirror: Mirror, change: Change): Mirror {
  switch (change.kind) {
    case 'stage':
      return { ...(change.stage.stage === 'locked' ? forgetful(mirror) : mirror), stage: change.stage }
    case 'backup':
      return { ...mirror, backup: change.backup }
    case 'restored':
      return { ...mirror, restoredAt: change.at }
    case 'lock':
      return { ...mirror, lock: change.lock }
    case 'recovery':
      return { ...mirror, recovery: change.recovery }
    case 'update':
      return { ...mirror, update: change.update }
    case 'opened-link':
      return { ...mirror, openedLink: change.openedLink }
    case 'contradiction':
      return { ...mirror, contradiction: change.contradiction }
    case 'profile':
      return { ...mirror, profile: change.profile }
    case 'connection':
      return { ...mirror, connection: change.connection }
    case 'linking':
      return { ...mirror, linking: change.linking }
    case 'settings':
      return { ...mirror, settings: change.settings }
    case 'devices':
      return { ...mirror, devices: change.devices }
    case 'conversation':
      return {
        ...mirror,
        conversations: new Map(mirror.conversations).set(change.conversation.id, change.conversation),
      }
    case 'conversation-gone':
      return {
        ...mirror,
        conversations: without(mirror.conversations, change.conversation),
        pages: without(mirror.pages, change.conversation),
      }
    case 'message': {
      const { message } = change
      return withPage(mirror, message.conversation, (page) => withMessage(page, message))
    }
    case 'history':
      return { ...mirror, history: change.history }
    case 'earlier-messages':
      return withPage(mirror, change.conversation, (page) => ({ ...page, hasEarlier: true }))
    case 'message-gone':
      return withPage(mirror, change.conversation, (page) => withoutMessage(page, change.message))
    default:
      return unreachable(change)
  }
}

/** Behind the lock, the window knows nothing that somebody said. */
function forgetful(mirror: Mirror): Mirror {
  return {
    ...mirror,
    backup: { place: null, lastAt: null, work: null },
    restoredAt: null,
    profile: null,
    connection: { state: 'idle' },
    linking: { state: 'none' },
    history: { arriving: null, leaving: null },
    devices: [],
    contradiction: null,
    conversations: new Map(),
    pages: new Map(),
  }
}

/** Messages of a conversation that nobody opened here are not kept. */
export function withPage(mirror: Mirror, id: ConversationId, edit: (page: Page) => Page): Mirror {
  const page = mirror.pages.get(id)
  return page ? { ...mirror, pages: new Map(mirror.pages).set(id, edit(page)) } : mirror
}

function without<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): Map<Key, Value> {
  const copy = new Map(map)
  copy.delete(key)
  return copy
}

/** Over all conversations. */
export function unreadCount(mirror: Mirror, now = Date.now()): number {
  let count = 0
  for (const conversation of mirror.conversations.values())
    if (!isMuted(conversation, now)) count += conversation.unread
  return count
}
