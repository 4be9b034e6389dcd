// What one commit touched, gathered while it is made and told as changes after it.

import type { ConversationId, MessageId } from '../shared/ids.ts'
import type { Change, Conversation } from '../shared/model.ts'
import { type MessageRow, type NameOf, showMessage } from './storage/messages.ts'

export class Touched {
  readonly #messages = new Map<MessageId, MessageRow>()
  readonly #goneMessages = new Map<MessageId, ConversationId>()
  readonly #conversations = new Set<ConversationId>()

  /** As it is now; the conversation it stands in shows it, too. */
  message(row: MessageRow | undefined): void {
    if (row === undefined) return
    this.#messages.set(row.id, row)
    this.#conversations.add(row.conversation)
  }

  goneMessage(row: MessageRow): void {
    this.#messages.delete(row.id)
    this.#goneMessages.set(row.id, row.conversation)
    this.#conversations.add(row.conversation)
  }

  conversation(id: ConversationId): void {
    this.#conversations.add(id)
  }

  /** After the commit. `show` reads a conversation as it is now; undefined: it is gone. */
  changes(show: (id: ConversationId) => Conversation | undefined, nameOf: NameOf): Change[] {
    const changes: Change[] = []
    for (const [message, conversation] of this.#goneMessages)
      changes.push({ kind: 'message-gone', conversation, message })
    for (const row of this.#messages.values()) {
      if (row.held === 0) changes.push({ kind: 'message', message: showMessage(row, nameOf) })
    }
    for (const id of this.#conversations) {
      const conversation = show(id)
      changes.push(
        conversation === undefined
          ? { kind: 'conversation-gone', conversation: id }
          : { kind: 'conversation', conversation },
      )
    }
    return changes
  }
}
