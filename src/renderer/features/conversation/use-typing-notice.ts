// Tells the other one that something is being written, every three seconds while it is.

import { useEffect, useRef } from 'react'
import type { ConversationId } from '../../../shared/ids.ts'
import { ask } from '../../store/ask.ts'

/** Milliseconds; a notice ends by itself after five seconds. */
const AGAIN_AFTER = 3_000

export function useTypingNotice(conversation: ConversationId, wanted: boolean): (writing: boolean) => void {
  const lastTold = useRef<number>(null)

  function tell(writing: boolean) {
    const now = Date.now()
    if (writing) {
      if (!wanted || (lastTold.current !== null && now - lastTold.current < AGAIN_AFTER)) return
      lastTold.current = now
    } else {
      if (lastTold.current === null) return
      lastTold.current = null
    }
    // A refusal matters to nobody: the notice is a courtesy.
    void ask('setTyping', { conversation, typing: writing })
  }

  const latest = useRef(tell)
  latest.current = tell
  useEffect(() => () => latest.current(false), [])
  return tell
}
