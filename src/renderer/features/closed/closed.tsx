// There is a profile and it does not open: why, what that means for the messages, and the way out.

import { useState } from 'react'
import type { Failure, FailureCode } from '../../../shared/failure.ts'
import { request } from '../../store/ask.ts'
import { useMirror } from '../../store/feed.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { CardScreen } from '../../ui/card-screen.tsx'
import { DiskIcon, LockIcon, WarningIcon } from '../../ui/icons.tsx'
import { WithCode } from '../lock/with-code.tsx'
import css from './closed.module.css'

/** The causes that have words of their own. */
const explained = [
  'keychain-locked',
  'keychain-absent',
  'keychain-changed',
  'keychain-timeout',
  'profile-copied',
  'wrong-key',
  'database-damaged',
  'database-newer',
  'profile-in-use',
  'disk-full',
  'device-removed',
] as const satisfies readonly FailureCode[]
type Explained = (typeof explained)[number]

/** Here the database is whole, and the recovery code opens it. */
const openedByCode: readonly FailureCode[] = [
  'keychain-locked',
  'keychain-absent',
  'keychain-changed',
  'keychain-timeout',
  'profile-copied',
  'wrong-key',
]

export function Closed({ failure, hasCode }: { failure: Failure; hasCode: boolean }) {
  const [more, setMore] = useState(false)
  const { title, text } = words(failure)
  return (
    <CardScreen
      urgent
      title={title}
      text={text}
      icon={
        <span className={css.icon}>
          <Picture code={failure.code} />
        </span>
      }
    >
      {failure.code === 'device-removed' ? <LinkAnew /> : <TryAgain code={failure.code} />}
      {hasCode && openedByCode.includes(failure.code) && <WithCode />}
      <Button look="text" small aria-expanded={more} onClick={() => setMore(!more)}>
        {say('closed.what')}
      </Button>
      {more && (
        <p className={css.more}>
          {say('closed.code', { code: failure.code })}
          {failure.detail && <code className={css.detail}>{failure.detail}</code>}
        </p>
      )}
    </CardScreen>
  )
}

function TryAgain({ code }: { code: FailureCode }) {
  return (
    <Button look="primary" wide autoFocus onClick={() => request('openProfile', {})}>
      {say(code === 'keychain-locked' ? 'closed.keychain-locked.action' : 'action.tryAgain')}
    </Button>
  )
}

/** A removed device stays removed, however often one tries; another profile can take its place. */
function LinkAnew() {
  const windows = useMirror((mirror) => mirror.host.shell !== 'command-line')
  return (
    <>
      <p className={css.more}>{say('closed.device-removed.todo')}</p>
      {windows && (
        <Button look="primary" wide autoFocus onClick={() => request('openSecondProfile', {})}>
          {say('closed.device-removed.action')}
        </Button>
      )}
    </>
  )
}

function words(failure: Failure): { title: string; text: string } {
  const code = explained.find((known) => known === failure.code)
  return code
    ? { title: say(`closed.${code}.title`), text: say(`closed.${code}.text`) }
    : { title: say('closed.other.title'), text: failureSentence(failure) }
}

function Picture({ code }: { code: FailureCode }) {
  const disk: readonly Explained[] = ['database-damaged', 'database-newer', 'profile-in-use', 'disk-full']
  if (disk.some((known) => known === code)) return <DiskIcon />
  return code.startsWith('keychain') ? <LockIcon /> : <WarningIcon />
}
