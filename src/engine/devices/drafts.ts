// Drafts on their way to the own devices: what is being typed is told when the person pauses, not with every letter.

import type { ConversationId } from '../../shared/ids.ts'
import { findConversation } from '../storage/conversations.ts'
import { announce, type TellNeeds } from './tell.ts'

/** Milliseconds without a change. */
const PAUSE = 2_000

export interface Drafts {
  /** It is committed here. */
  changed(conversation: ConversationId): void
  /** What was not told yet is promised now. */
  stop(): void
}

export function createDrafts(needs: TellNeeds & { kick(): void }): Drafts {
  const waiting = new Map<ConversationId, () => void>()

  function tell(conversation: ConversationId): void {
    waiting.delete(conversation)
    const draft = findConversation(needs.sql, conversation)?.draft
    if (draft === undefined) return
    if (needs.sql.transaction(() => announce(needs, `draft/${conversation}`, draft))) needs.kick()
  }

  return {
    changed(conversation) {
      if (needs.own.others.length === 0) return
      waiting.get(conversation)?.()
      waiting.set(
        conversation,
        needs.clock.after(PAUSE, () => tell(conversation)),
      )
    },
    stop() {
      for (const [conversation, callOff] of waiting) {
        callOff()
        tell(conversation)
      }
    },
  }
}
