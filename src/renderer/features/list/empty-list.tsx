// What the list says when it has nobody to show.

import { request } from '../../store/ask.ts'
import type { Tab } from '../../store/desk.ts'
import { arrange } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { ChatIcon } from '../../ui/icons.tsx'
import css from './empty-list.module.css'

interface EmptyListProps {
  readonly tab: Tab
  readonly search: string
  /** Whether there is somebody in another tab or outside the search. */
  readonly anyone: boolean
}

export function EmptyList({ tab, search, anyone }: EmptyListProps) {
  const windows = useMirror((mirror) => mirror.host.shell !== 'command-line')
  if (search !== '') return <p className={css.line}>{say('list.noMatch', { query: search })}</p>
  if (tab === 'archived') return <p className={css.line}>{say('list.noArchived')}</p>
  if (tab === 'groups') return <p className={css.line}>{say('list.noGroups')}</p>
  if (tab === 'requests') return <p className={css.line}>{say('list.noRequests')}</p>
  if (anyone) return <p className={css.line}>{say('list.noUnread')}</p>
  return (
    <div className={css.empty}>
      <ChatIcon className={css.icon} />
      <h2 className={css.title}>{say('list.emptyTitle')}</h2>
      <p className={css.text}>{say('list.emptyText')}</p>
      <div className={css.actions}>
        <Button look="primary" small onClick={() => arrange({ dialog: { kind: 'new-chat' } })}>
          {say('list.findSomeone')}
        </Button>
        {windows && (
          <Button small onClick={() => request('openSecondProfile', {})}>
            {say('list.secondProfile')}
          </Button>
        )}
      </div>
    </div>
  )
}
