// History on its way to or from another device: how far it is, and a way to stop it and to go on.

import type { History } from '../../../shared/model.ts'
import { request } from '../../store/ask.ts'
import { useMirror } from '../../store/feed.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import css from './history-progress.module.css'

export function HistoryProgress() {
  const { arriving, leaving } = useMirror((mirror) => mirror.history)
  if (arriving !== null) return <Progress is={shownArriving(arriving)} {...arriving} />
  if (leaving !== null) return <Progress is={shownLeaving(leaving)} {...leaving} />
  return null
}

interface Shown {
  text: string
  halted: boolean
}

function Progress({ is, done, total }: { is: Shown; done: number; total: number | null }) {
  return (
    <section className={css.progress} aria-label={say('history.label')}>
      <p className={css.text} role="status">
        {is.text}
      </p>
      <progress
        className={css.bar}
        aria-label={is.text}
        {...(total === null ? {} : { value: total === 0 ? 1 : done, max: Math.max(1, total) })}
      />
      <Button small onClick={() => request(is.halted ? 'resumeHistory' : 'stopHistory', {})}>
        {say(is.halted ? 'history.goOn' : 'history.stop')}
      </Button>
    </section>
  )
}

function shownArriving({ state, done, total, failure }: NonNullable<History['arriving']>): Shown {
  switch (state) {
    case 'waiting':
      return { text: say('history.waiting'), halted: false }
    case 'arriving':
      return { text: say('history.arriving', { done, total: total ?? done }), halted: false }
    case 'stopped':
      return { text: say('history.stopped', { done, total: total ?? done }), halted: true }
    case 'failed':
      return { text: failure === null ? say('history.failed') : failureSentence(failure), halted: true }
  }
}

function shownLeaving({ state, done, total }: NonNullable<History['leaving']>): Shown {
  const halted = state === 'stopped'
  return { text: say(halted ? 'history.leavingStopped' : 'history.leaving', { done, total: total ?? done }), halted }
}
