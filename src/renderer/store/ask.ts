// Asking the engine for something, and telling the person if it was refused.

import type { Answer } from '../../shared/answer.ts'
import type { CallInput, CallName, CallOutput } from '../../shared/api.ts'
import type { ConversationId, Username } from '../../shared/ids.ts'
import { client } from '../bridge.ts'
import { failureSentence } from '../text/failures.ts'
import { arrange, currentDesk, showNotice } from './desk.ts'
import { currentMirror } from './feed.ts'

/** The answer, refusals included: for those that show them in their own place. */
export function ask<Name extends CallName>(name: Name, input: CallInput<Name>): Promise<Answer<CallOutput<Name>>> {
  return client.invoke(name, input)
}

/** Asks and shows a refusal as a notice. For buttons that have no other place for it. */
export function request<Name extends CallName>(name: Name, input: CallInput<Name>): void {
  void ask(name, input).then((answer) => {
    if (!answer.ok) showNotice(failureSentence(answer.failure))
  })
}

/** By hand. The menu may have been quicker: then it is so already. */
export function lockNow(): void {
  void ask('lock', {}).then((answer) => {
    if (!answer.ok && answer.failure.code !== 'locked') showNotice(failureSentence(answer.failure))
  })
}

/** Shows a conversation and what is unread in it. */
export function openConversation(id: ConversationId): void {
  if (currentDesk().open === id) return
  const conversation = currentMirror()?.conversations.get(id)
  const before = conversation?.firstUnread ?? null
  arrange({ open: id, editing: null, divider: before && { before, count: conversation?.unread ?? 0 } })
}

/** Finds who has this username and shows the conversation with them. */
export async function findAndOpen(username: Username): Promise<Answer<ConversationId>> {
  const person = await ask('findPerson', { username })
  if (!person.ok) return person
  const conversation = await ask('openConversation', { account: person.value.account })
  if (!conversation.ok) return conversation
  openConversation(conversation.value.id)
  return { ok: true, value: conversation.value.id }
}
