// Whether a message can still be changed or taken back: one's own, for a day.

import type { Message } from '../../../shared/model.ts'

const A_DAY = 86_400_000

export function isChangeable(message: Message, now: number): message is Message & { content: { kind: 'text' } } {
  return message.own && !message.imported && message.content.kind === 'text' && now - message.sentAt < A_DAY
}
