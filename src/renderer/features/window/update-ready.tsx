// There is a newer version, downloaded and checked: the person says when.

import { request } from '../../store/ask.ts'
import { useMirror } from '../../store/feed.ts'
import { say } from '../../text/say.ts'
import { Banner } from '../../ui/banner.tsx'
import { Button } from '../../ui/button.tsx'
import { RenewIcon } from '../../ui/icons.tsx'
import css from './update-ready.module.css'

export function UpdateReady() {
  const update = useMirror((mirror) => mirror.update)
  if (update.state === 'none') return null
  return (
    <Banner
      tone="ok"
      className={css.banner}
      icon={<RenewIcon />}
      title={say('update.ready', { version: update.version })}
      text={say('update.text')}
      actions={
        <Button small onClick={() => request('installUpdate', {})}>
          {say('update.install')}
        </Button>
      }
    />
  )
}
