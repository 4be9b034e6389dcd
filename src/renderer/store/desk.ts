// The desk: what this window is busy with, which the engine neither knows nor needs.

import type { StateSnapshot } from 'react-virtuoso'
import { create } from 'zustand'
import type { AccountId, ConversationId, DeviceId, MessageId } from '../../shared/ids.ts'

export type Tab = 'all' | 'unread' | 'groups' | 'requests' | 'archived'

export type OpenDialog =
  | { kind: 'new-chat' }
  | { kind: 'own-invitation' }
  | { kind: 'invitation'; link: string }
  | { kind: 'settings' }
  | { kind: 'shortcuts' }
  | { kind: 'export'; conversation: ConversationId | null }
  | { kind: 'passphrase'; act: 'set' | 'change' | 'remove' }
  | { kind: 'palette' }
  | { kind: 'link-device' }
  | { kind: 'safety-number'; account: AccountId }
  | { kind: 'block'; account: AccountId }
  | { kind: 'remove-device'; device: DeviceId }
  | { kind: 'edits'; message: MessageId }
  | { kind: 'new-group' }
  | { kind: 'join-group'; link: string }
  | { kind: 'group-invite' | 'group-details' | 'group-link' | 'group-encryption'; id: ConversationId }
  | { kind: 'group-act'; id: ConversationId; act: GroupAct }
  | { kind: 'readers' | 'missing-key'; message: MessageId }
  | { kind: 'receipts'; id: ConversationId; message: MessageId }
  /** `name`: of who said it. */
  | { kind: 'recall'; message: MessageId; name: string }

/** What is asked once before it is done: it cannot simply be taken back, or lasts as long as one says. */
export type GroupAct =
  | { what: 'leave' | 'delete' }
  | { what: 'transfer'; account: AccountId }
  | { what: 'remove' | 'ban'; accounts: AccountId[] }
  /** Nobody named: everybody. */
  | { what: 'mute'; accounts: AccountId[] }

/** Where "new messages" stands in the open conversation. It stays there while the person reads. */
export interface UnreadDivider {
  readonly before: MessageId
  readonly count: number
}

/** A sentence that passes by at the edge of the window. */
export interface Notice {
  readonly id: number
  readonly text: string
}

export interface Desk {
  readonly open: ConversationId | null
  readonly divider: UnreadDivider | null
  /** The message whose text is being changed. */
  readonly editing: MessageId | null
  readonly tab: Tab
  readonly search: string
  readonly details: boolean
  readonly relayView: boolean
  readonly dialog: OpenDialog | null
  /** What is being typed and not saved yet; a conversation that is missing here has the draft the engine knows. */
  readonly drafts: ReadonlyMap<ConversationId, string>
  readonly scroll: ReadonlyMap<ConversationId, StateSnapshot>
  readonly notices: readonly Notice[]
}

/** Below this the details lie over the conversation (main-window.module.css), and are better called for. */
const DETAILS_FIT = 1180

export const cleanDesk: Desk = {
  open: null,
  divider: null,
  editing: null,
  tab: 'all',
  search: '',
  details: (globalThis.innerWidth ?? DETAILS_FIT + 1) > DETAILS_FIT,
  relayView: false,
  dialog: null,
  drafts: new Map(),
  scroll: new Map(),
  notices: [],
}

/** What of the desk says with whom or about what: gone when the app is locked. */
export function clearDesk(): void {
  const { details, relayView, ...rest } = cleanDesk
  arrange(rest)
}

export const useDesk = create<Desk>(() => cleanDesk)

export function currentDesk(): Desk {
  return useDesk.getState()
}

export function arrange(part: Partial<Desk>): void {
  useDesk.setState(part)
}

export function closeDialog(): void {
  arrange({ dialog: null })
}

export function keepDraft(conversation: ConversationId, text: string): void {
  useDesk.setState((desk) => ({ drafts: new Map(desk.drafts).set(conversation, text) }))
}

/** Null: at the end, where the conversation begins again anyway. */
export function keepScroll(conversation: ConversationId, place: StateSnapshot | null): void {
  const scroll = new Map(currentDesk().scroll)
  if (place) scroll.set(conversation, place)
  else scroll.delete(conversation)
  arrange({ scroll })
}

let lastNotice = 0

export function showNotice(text: string): void {
  lastNotice += 1
  const notice = { id: lastNotice, text }
  useDesk.setState((desk) => ({ notices: [...desk.notices.filter((other) => other.text !== text), notice].slice(-3) }))
}

export function dismissNotice(id: number): void {
  useDesk.setState((desk) => ({ notices: desk.notices.filter((notice) => notice.id !== id) }))
}
