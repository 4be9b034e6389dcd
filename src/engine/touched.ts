// What one commit touched, gathered while it is made and told as changes after it.

import { type AccountId, type ConversationId, type MessageId, personConversation } from '../shared/ids.ts'
import type { Change } from '../shared/model.ts'
import type { Look } from './look.ts'
import { type MessageRow, showMessage } from './storage/messages.ts'

export class Touched {
  readonly #messages = new Map<MessageId, MessageRow>()
  readonly #goneMessages = new Map<MessageId, ConversationId>()
  readonly #conversations = new Set<ConversationId>()
  readonly #renamed = new Set<AccountId>()
  #hasForOwn = false

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

  /** They are called otherwise here now: so are those who spoke, and whom something happened to. */
  renamed(account: AccountId): void {
    this.#renamed.add(account)
  }

  /** Something is in the outbox for the own devices, on account of what was touched. */
  promisedToOwn(): void {
    this.#hasForOwn = true
  }

  get hasForOwn(): boolean {
    return this.#hasForOwn
  }

  /** After the commit. */
  changes(look: Look): Change[] {
    for (const account of this.#renamed) {
      const withThem = personConversation(account)
      if (look.conversation(withThem) !== undefined) this.conversation(withThem)
      for (const row of look.naming(account)) if (!this.#messages.has(row.id)) this.message(row)
    }
    const changes: Change[] = []
    for (const [message, conversation] of this.#goneMessages)
      changes.push({ kind: 'message-gone', conversation, message })
    for (const row of this.#messages.values()) {
      if (row.held === 0) changes.push({ kind: 'message', message: showMessage(row, look.nameOf) })
    }
    for (const id of this.#conversations) {
      const conversation = look.conversation(id)
      changes.push(
        conversation === undefined
          ? { kind: 'conversation-gone', conversation: id }
          : { kind: 'conversation', conversation },
      )
    }
    return changes
  }
}
