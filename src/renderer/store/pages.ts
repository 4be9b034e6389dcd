// The part of a conversation this window has loaded: one unbroken run of messages that ends with the newest.

import type { MessageId } from '../../shared/ids.ts'
import type { Message } from '../../shared/model.ts'

export interface Page {
  readonly messages: readonly Message[]
  readonly hasEarlier: boolean
  /** How many of them were put before the first load: keeps the scroll position of a virtual list steady. */
  readonly earlier: number
  /** Whether the first answer is still on its way. Changes that overtake it are kept. */
  readonly loading: boolean
  /** What was deleted while an answer that may still contain it was on its way. */
  readonly gone: ReadonlySet<MessageId>
}

export interface LoadedMessages {
  readonly messages: readonly Message[]
  readonly hasEarlier: boolean
}

export const emptyPage: Page = { messages: [], hasEarlier: false, earlier: 0, loading: true, gone: new Set() }

/** The order of a conversation: by position, then by sequence. */
export function byPlace(a: Message, b: Message): number {
  return a.position - b.position || a.sequence - b.sequence
}

/** A message changed, moved or came. One that stands before what is loaded is left for a later load. */
export function withMessage(page: Page, message: Message): Page {
  const at = page.messages.findIndex((known) => known.id === message.id)
  const known = page.messages[at]
  if (known && byPlace(known, message) === 0) return { ...page, messages: page.messages.with(at, message) }
  const others = known ? page.messages.toSpliced(at, 1) : page.messages
  const first = others[0]
  if (!page.loading && page.hasEarlier && first && byPlace(message, first) < 0)
    return known ? { ...page, messages: others } : page
  const before = others.findLastIndex((one) => byPlace(one, message) < 0)
  return { ...page, messages: others.toSpliced(before + 1, 0, message) }
}

export function withoutMessage(page: Page, id: MessageId): Page {
  return {
    ...page,
    messages: page.messages.filter((message) => message.id !== id),
    gone: new Set(page.gone).add(id),
  }
}

/** Joins the newest messages with what changes brought meanwhile. A row that came by a change is the younger one. */
export function withNewest(page: Page, loaded: LoadedMessages): Page {
  const joined = join(page, loaded.messages)
  const oldest = loaded.messages[0]
  const unbroken = loaded.hasEarlier && oldest ? joined.filter((message) => byPlace(message, oldest) >= 0) : joined
  return { ...page, messages: unbroken, hasEarlier: loaded.hasEarlier, loading: false, gone: new Set() }
}

export function withEarlier(page: Page, loaded: LoadedMessages): Page {
  const messages = join(page, loaded.messages)
  return {
    ...page,
    messages,
    hasEarlier: loaded.hasEarlier,
    earlier: page.earlier + messages.length - page.messages.length,
  }
}

function join(page: Page, loaded: readonly Message[]): Message[] {
  const known = new Set(page.messages.map((message) => message.id))
  const missing = loaded.filter((message) => !known.has(message.id) && !page.gone.has(message.id))
  return [...missing, ...page.messages].sort(byPlace)
}
