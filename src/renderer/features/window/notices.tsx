// Sentences that pass by at the bottom of the window: refusals of what somebody asked for.

import { useEffect } from 'react'
import { dismissNotice, type Notice, useDesk } from '../../store/desk.ts'
import { say } from '../../text/say.ts'
import { IconButton } from '../../ui/button.tsx'
import { AlertIcon, CloseIcon } from '../../ui/icons.tsx'
import css from './notices.module.css'

const SHOWN_FOR = 8_000

export function Notices() {
  const notices = useDesk((desk) => desk.notices)
  return (
    <div className={css.notices} role="alert">
      {notices.map((notice) => (
        <NoticeLine key={notice.id} notice={notice} />
      ))}
    </div>
  )
}

function NoticeLine({ notice }: { notice: Notice }) {
  useEffect(() => {
    const timer = setTimeout(() => dismissNotice(notice.id), SHOWN_FOR)
    return () => clearTimeout(timer)
  }, [notice.id])
  return (
    <div className={css.notice}>
      <AlertIcon />
      <span>{notice.text}</span>
      <IconButton label={say('action.dismiss')} onClick={() => dismissNotice(notice.id)} className={css.close}>
        <CloseIcon />
      </IconButton>
    </div>
  )
}
