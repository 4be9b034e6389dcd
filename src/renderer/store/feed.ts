// Keeps the mirror true: begins with a snapshot, applies what follows, and begins again when a revision was missed.

import { create } from 'zustand'
import type { Client } from '../../shared/api.ts'
import type { ConversationId, MessageId } from '../../shared/ids.ts'
import type { ChangeSet, Message } from '../../shared/model.ts'
import { apply, type Mirror, replace, withPage } from './mirror.ts'
import { emptyPage, type LoadedMessages, withEarlier, withNewest } from './pages.ts'

/** Messages asked for at a time. */
const PAGE_SIZE = 60
/** Messages loaded before the first unread one: a screenful and more, so that nothing is loaded while it is sought. */
const SEEN_BEFORE_UNREAD = 40
/** How far back the first unread message is looked for. */
const MOST_TO_BEGIN_WITH = 1_200

/** Null until the first snapshot is there. */
export const useMirrorOrNothing = create<Mirror | null>(() => null)

/** For components that are only shown once there is a snapshot. */
export function useMirror<Part>(select: (mirror: Mirror) => Part): Part {
  return useMirrorOrNothing((mirror) => {
    if (!mirror) throw new Error('there is no snapshot yet')
    return select(mirror)
  })
}

export function currentMirror(): Mirror | null {
  return useMirrorOrNothing.getState()
}

/** Follows the engine until the returned function is called. */
export function follow(client: Client): () => void {
  let waiting: ChangeSet[] | null = null
  let stopped = false

  async function beginAgain(): Promise<void> {
    waiting = []
    const snapshot = await client.invoke('getSnapshot', {})
    if (stopped) return
    const arrivedMeanwhile = waiting
    waiting = null
    if (!snapshot.ok) return
    useMirrorOrNothing.setState(replace(snapshot.value), true)
    for (const set of arrivedMeanwhile) receive(set)
  }

  function receive(set: ChangeSet): void {
    if (waiting) {
      waiting.push(set)
      return
    }
    const mirror = currentMirror()
    const next = mirror ? apply(mirror, set) : 'missed'
    if (next !== 'missed') {
      useMirrorOrNothing.setState(next, true)
      for (const conversation of grownAtTheStart(mirror, set)) void loadEarlier(client, conversation)
    } else void beginAgain().then(() => undefined)
  }

  const stop = client.onChange(receive)
  void beginAgain()
  return () => {
    stopped = true
    stop()
  }
}

/** Loads the newest messages of a conversation, back to the first unread one, unless they are here or on their way. */
export async function loadNewest(client: Client, conversation: ConversationId): Promise<void> {
  const mirror = currentMirror()
  if (!mirror || mirror.pages.has(conversation)) return
  useMirrorOrNothing.setState({ ...mirror, pages: new Map(mirror.pages).set(conversation, emptyPage) }, true)
  const firstUnread = mirror.conversations.get(conversation)?.firstUnread ?? null
  const loaded = await listBackTo(client, conversation, firstUnread)
  useMirrorOrNothing.setState((now) => now && withPage(now, conversation, (page) => withNewest(page, loaded)), true)
}

async function listBackTo(
  client: Client,
  conversation: ConversationId,
  firstUnread: MessageId | null,
): Promise<LoadedMessages> {
  let messages: readonly Message[] = []
  for (;;) {
    const before = messages[0]?.id
    const loaded = await client.invoke('listMessages', { conversation, limit: PAGE_SIZE, ...(before && { before }) })
    if (!loaded.ok) return { messages, hasEarlier: messages.length > 0 }
    messages = [...loaded.value.messages, ...messages]
    const { hasEarlier } = loaded.value
    const reached = firstUnread === null || messages.findIndex(({ id }) => id === firstUnread) >= SEEN_BEFORE_UNREAD
    if (reached || !hasEarlier || messages.length >= MOST_TO_BEGIN_WITH) return { messages, hasEarlier }
  }
}

/** Where a person may be looking at what was the beginning until now: nothing else would load what stands before it. */
function grownAtTheStart(before: Mirror | null, { changes }: ChangeSet): ConversationId[] {
  return changes.flatMap((change) => {
    if (change.kind !== 'earlier-messages') return []
    const page = before?.pages.get(change.conversation)
    return page !== undefined && !page.loading && !page.hasEarlier ? [change.conversation] : []
  })
}

const loadingEarlier = new Set<ConversationId>()

/** Loads what stands before the loaded messages, one answer at a time. */
export async function loadEarlier(client: Client, conversation: ConversationId): Promise<void> {
  const page = currentMirror()?.pages.get(conversation)
  const oldest = page?.messages[0]
  if (!page?.hasEarlier || loadingEarlier.has(conversation)) return
  loadingEarlier.add(conversation)
  const before = oldest && { before: oldest.id }
  const loaded = await client.invoke('listMessages', { conversation, limit: PAGE_SIZE, ...before })
  loadingEarlier.delete(conversation)
  if (!loaded.ok) return
  useMirrorOrNothing.setState(
    (now) => now && withPage(now, conversation, (current) => withEarlier(current, loaded.value)),
    true,
  )
}
