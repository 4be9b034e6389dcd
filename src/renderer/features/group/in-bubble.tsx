// What stands in a bubble of a group besides words: that its key is missing, or that it was not locked.

import type { MessageId } from '../../../shared/ids.ts'
import { arrange } from '../../store/desk.ts'
import { say } from '../../text/say.ts'
import { UnlockedIcon } from '../../ui/icons.tsx'
import undecryptable from '../conversation/undecryptable.module.css'
import css from './group.module.css'

export function KeyMissing({ message }: { message: MessageId }) {
  return (
    <span className={undecryptable.words}>
      <strong className={undecryptable.title}>{say('row.keyMissing')}</strong>
      {say('group.keyOnItsWay')}{' '}
      <button type="button" className={css.link} onClick={() => arrange({ dialog: { kind: 'missing-key', message } })}>
        {say('group.why')}
      </button>
    </span>
  )
}

export function Readable() {
  return (
    <span className={css.readable} title={say('group.messageReadable')}>
      <UnlockedIcon />
      {say('group.messageReadableShort')}
    </span>
  )
}
