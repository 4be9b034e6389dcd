// Once, after a profile was put back from an older copy: what that means, before anything is written.

import type { Instant } from '../../../shared/ids.ts'
import { request } from '../../store/ask.ts'
import { say } from '../../text/say.ts'
import { dateOf } from '../../text/times.ts'
import { Button } from '../../ui/button.tsx'
import { CardScreen } from '../../ui/card-screen.tsx'
import { DiskIcon } from '../../ui/icons.tsx'
import css from './closed.module.css'

export function Restored({ at }: { at: Instant }) {
  return (
    <CardScreen
      urgent
      icon={
        <span className={css.icon}>
          <DiskIcon />
        </span>
      }
      title={say('restored.title')}
      text={say('restored.text', { date: dateOf(at) })}
    >
      <p className={css.more}>{say('restored.todo')}</p>
      <Button look="primary" wide autoFocus onClick={() => request('acknowledgeRestore', {})}>
        {say('restored.goOn')}
      </Button>
    </CardScreen>
  )
}
