// How what is stored is shown after a commit: by the names of now.

import type { AccountId, ConversationId } from '../shared/ids.ts'
import type { Conversation } from '../shared/model.ts'
import type { Sql } from '../shared/sql.ts'
import { nameHere } from './messages/strangers-name.ts'
import { lastThatName, type MessageRow, type NameOf } from './storage/messages.ts'

export interface Look {
  /** Undefined: it is gone. */
  conversation(id: ConversationId): Conversation | undefined
  nameOf: NameOf
  /** What a window may show that names somebody. */
  naming(account: AccountId): MessageRow[]
}

/** Lines of each group that are shown anew when somebody in them is called otherwise. */
const LINES_SHOWN = 200

export function createLook(sql: Sql, conversation: Look['conversation']): Look {
  return {
    conversation,
    nameOf: (account) => nameHere(sql, account),
    naming: (account) => lastThatName(sql, account, LINES_SHOWN),
  }
}
