// "What the relay sees": the very bytes it holds about this account, read anew while one looks.

import { useEffect, useState } from 'react'
import type { Answer } from '../../../shared/answer.ts'
import type { RelayView } from '../../../shared/model.ts'
import { ask } from '../../store/ask.ts'
import { arrange } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { CloseIcon } from '../../ui/icons.tsx'
import { HeldTable } from './held-table.tsx'
import { heldAsText } from './held-words.ts'
import css from './relay-view-panel.module.css'

/** Milliseconds between two looks. */
const LOOK_EVERY = 2_000

export function RelayViewPanel() {
  const view = useRelayView()
  const local = useMirror((mirror) => mirror.profile?.relay.kind === 'this-computer')
  const [copied, setCopied] = useState(false)

  async function copy(held: RelayView) {
    await navigator.clipboard.writeText(heldAsText(held))
    setCopied(true)
  }

  return (
    <section className={css.panel} aria-label={say('relayView.title')}>
      <header className={css.header}>
        <h2 className={css.title}>{say('relayView.title')}</h2>
        {view?.ok && (
          <Button small onClick={() => void copy(view.value)} onBlur={() => setCopied(false)}>
            {say(copied ? 'action.copied' : 'action.copy')}
          </Button>
        )}
        <IconButton label={say('action.close')} onClick={() => arrange({ relayView: false })}>
          <CloseIcon />
        </IconButton>
      </header>
      {!view && <p className={css.text}>{say('relayView.loading')}</p>}
      {view?.ok === false && (
        <p className={css.text} role="alert">
          {failureSentence(view.failure)}
        </p>
      )}
      {view?.ok && (
        <>
          <p className={css.text}>
            {local ? say('relayView.local') : say('relayView.address', { relay: view.value.relay })}
          </p>
          <HeldTable held={view.value.held} />
        </>
      )}
    </section>
  )
}

function useRelayView(): Answer<RelayView> | undefined {
  const [view, setView] = useState<Answer<RelayView>>()
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>
    let gone = false
    const look = async () => {
      const answer = await ask('getRelayView', {})
      if (gone) return
      setView(answer)
      timer = setTimeout(() => void look(), LOOK_EVERY)
    }
    void look()
    return () => {
      gone = true
      clearTimeout(timer)
    }
  }, [])
  return view
}
