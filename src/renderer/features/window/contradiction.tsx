// The relay has shown something else for us than what we are: said until the person has looked.

import { request } from '../../store/ask.ts'
import { useMirror } from '../../store/feed.ts'
import { say } from '../../text/say.ts'
import { dateOf } from '../../text/times.ts'
import { Banner } from '../../ui/banner.tsx'
import { Button } from '../../ui/button.tsx'
import { WarningIcon } from '../../ui/icons.tsx'
import css from './contradiction.module.css'

export function ContradictionBanner() {
  const contradiction = useMirror((mirror) => mirror.contradiction)
  const username = useMirror((mirror) => mirror.profile?.username ?? '')
  if (!contradiction) return null
  return (
    <Banner
      tone="danger"
      className={css.banner}
      icon={<WarningIcon />}
      title={say(`contradiction.${contradiction.what}.title`)}
      text={say(`contradiction.${contradiction.what}.text`, { username, date: dateOf(contradiction.at) })}
      actions={
        <Button small onClick={() => request('dismissContradiction', {})}>
          {say('contradiction.seen')}
        </Button>
      }
    />
  )
}
