// What is being written: kept on the desk at once, with the engine a moment later and whenever one leaves.

import { useEffect, useRef } from 'react'
import type { Conversation } from '../../../shared/model.ts'
import { request } from '../../store/ask.ts'
import { keepDraft, useDesk } from '../../store/desk.ts'

/** Milliseconds after the last letter. */
const SAVE_AFTER = 500
/** Characters; what is longer is kept on the desk only. */
const LONGEST_DRAFT = 65_536

export function useDraft({ id, draft }: Conversation): [text: string, write: (text: string) => void] {
  const kept = useDesk((desk) => desk.drafts.get(id))
  const text = kept ?? draft
  const latest = useRef({ text, saved: draft })
  latest.current.text = text

  const save = useRef(() => {
    const { text, saved } = latest.current
    if (text === saved) return
    latest.current.saved = text
    // Half a character, such as where it is cut off, would be refused.
    request('saveDraft', { conversation: id, text: text.slice(0, LONGEST_DRAFT).replace(/\p{Surrogate}/gu, '') })
  })

  useEffect(() => {
    if (text === latest.current.saved) return
    const timer = setTimeout(save.current, SAVE_AFTER)
    return () => clearTimeout(timer)
  }, [text])

  useEffect(() => {
    const leave = save.current
    window.addEventListener('pagehide', leave)
    return () => {
      window.removeEventListener('pagehide', leave)
      leave()
    }
  }, [])

  return [text, (next) => keepDraft(id, next)]
}
