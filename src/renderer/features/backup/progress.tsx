// How far a backup is, and the way to stop it.

import type { Backup } from '../../../shared/model.ts'
import { request } from '../../store/ask.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import css from './backup.module.css'

export function Progress({ work }: { work: NonNullable<Backup['work']> }) {
  const words = say(`backup.${work.kind}`, { percent: work.percent })
  return (
    <div className={css.progress}>
      <label className={css.work}>
        {words}
        <progress className={css.bar} max={100} value={work.percent} />
      </label>
      <Button small onClick={() => request('cancelBackup', {})}>
        {say('backup.stop')}
      </Button>
    </div>
  )
}
