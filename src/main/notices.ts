// When the desktop is told that somebody wrote: who, if it may be seen, and never what.

import type { ConversationId } from '../shared/ids.ts'
import type { ChangeSet, Conversation } from '../shared/model.ts'

export interface Notice {
  conversation: ConversationId
  body: string
}

/** away: the window is not in front · locked: so is the screen, or it shows the lock. */
export type Attention = 'here' | 'away' | 'locked'

/**
 * Watches the unread counts go by, and invitations. What is unread when the profile opens was told before or is seen in
 * the list; only what grows or comes afterwards is news.
 */
export class Notices {
  readonly #unread = new Map<ConversationId, number>()

  /** At most one for each conversation, however much came. */
  of({ changes }: ChangeSet, attention: Attention, now: number): Notice[] {
    const isOpening = changes.some((change) => change.kind === 'stage')
    const notices = new Map<ConversationId, Notice>()
    for (const change of changes) {
      if (change.kind === 'conversation-gone') this.#unread.delete(change.conversation)
      if (change.kind !== 'conversation') continue
      const { id, unread } = change.conversation
      // An invitation into a group is news without a word.
      const isInvitation = isInvited(change.conversation) && !this.#unread.has(id)
      const isNews = (isInvitation || unread > (this.#unread.get(id) ?? 0)) && !isOpening
      this.#unread.set(id, unread)
      if (isNews && attention !== 'here' && !isMuted(change.conversation, now)) {
        notices.set(id, { conversation: id, body: say(change.conversation, attention) })
      }
    }
    return [...notices.values()]
  }
}

function isInvited({ kind, state }: Conversation): boolean {
  return kind === 'group' && state === 'incoming-request'
}

function isMuted({ muted }: Conversation, now: number): boolean {
  return muted === 'for-good' || (muted !== null && now < muted)
}

/** What a stranger calls themselves is theirs to choose, so it waits until their request is accepted. */
function say({ state, person, group }: Conversation, attention: Attention): string {
  if (attention === 'locked') return 'New message'
  if (group !== null) {
    return state === 'incoming-request' ? 'Somebody invites you to a group' : `New message in ${group.title}`
  }
  return state === 'incoming-request' ? 'Somebody new would like to write to you' : `New message from ${person.name}`
}
