// What a chat is called, and its file: harmless on every system, whatever people call themselves.

import type { Conversation } from '../../shared/model.ts'

/** Letters and digits of ASCII, and the beginning of the id: so no two are alike, and none means anything to a system. */
export function fileNameOf(conversation: Conversation, format: 'html' | 'json'): string {
  const [, id = ''] = conversation.id.split(':')
  const called = conversation.kind === 'person' ? conversation.person.username : conversation.kind
  return `${called.replaceAll(/[^a-z0-9]+/g, '-')}-${id.replaceAll('-', '').slice(0, 12)}.${format}`
}

/** What a conversation is called, as in the list. */
export function nameOf(conversation: Conversation): string {
  if (conversation.kind === 'notes') return 'Notes to self'
  return conversation.kind === 'group' ? conversation.group.title : conversation.person.name
}
