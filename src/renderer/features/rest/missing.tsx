// What stands in the place of a part that could not be loaded: that it is so, and a way to try again.

import { useEffect } from 'react'
import { say } from '../../text/say.ts'
import { Banner } from '../../ui/banner.tsx'
import { Button } from '../../ui/button.tsx'
import { CardScreen } from '../../ui/card-screen.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { DiskIcon, WarningIcon } from '../../ui/icons.tsx'
import closed from '../closed/closed.module.css'
import { fetchRest } from './fetch-rest.ts'
import css from './missing.module.css'

const again = () => void fetchRest()

export function MissingDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={say('missing.title')} text={say('missing.text')} onClose={onClose}>
      <Button look="primary" wide data-begins-here onClick={again}>
        {say('action.tryAgain')}
      </Button>
    </Dialog>
  )
}

/** Behind this a dialog is on its way. Keys wait for it, too: what is typed is not for what lies beneath. */
export function WaitingDialog({ onClose }: { onClose: () => void }) {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      event.preventDefault()
      event.stopPropagation()
      if (event.key === 'Escape') onClose()
    }
    window.addEventListener('keydown', onKeyDown, { capture: true })
    return () => window.removeEventListener('keydown', onKeyDown, { capture: true })
  }, [onClose])
  return (
    <p className={css.waiting} role="status">
      {say('app.opening')}
    </p>
  )
}

/** In the place of a column or a panel. */
export function MissingNote({ onClose }: { onClose: () => void }) {
  return (
    <Banner
      tone="warn"
      className={css.note}
      icon={<WarningIcon />}
      title={say('missing.title')}
      text={say('missing.text')}
      actions={
        <>
          <Button small onClick={again}>
            {say('action.tryAgain')}
          </Button>
          <Button small onClick={onClose}>
            {say('action.close')}
          </Button>
        </>
      }
    />
  )
}

export function MissingScreen({ onBack }: { onBack: () => void }) {
  return (
    <CardScreen
      urgent
      icon={
        <span className={closed.icon}>
          <DiskIcon />
        </span>
      }
      title={say('missing.title')}
      text={say('missing.text')}
    >
      <Button look="primary" wide autoFocus onClick={again}>
        {say('action.tryAgain')}
      </Button>
      <Button wide onClick={onBack}>
        {say('action.back')}
      </Button>
    </CardScreen>
  )
}
