// One's own invitation, to be shown, scanned, or sent.

import { useEffect, useState } from 'react'
import type { Answer } from '../../../shared/answer.ts'
import type { CallOutput } from '../../../shared/api.ts'
import { ask } from '../../store/ask.ts'
import { closeDialog } from '../../store/desk.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { QrCode } from '../../ui/qr-code.tsx'
import css from './invitations.module.css'

export function OwnInvitationDialog() {
  const [own, setOwn] = useState<Answer<CallOutput<'getInvitation'>>>()
  const [copied, setCopied] = useState(false)
  useEffect(() => void ask('getInvitation', {}).then(setOwn), [])

  return (
    <Dialog title={say('invite.title')} text={say('invite.text')} onClose={closeDialog}>
      {own?.ok === false && <p role="alert">{failureSentence(own.failure)}</p>}
      {own?.ok && (
        <div className={css.own}>
          <QrCode text={own.value.link} label={say('invite.code')} />
          <p className={css.link} dir="ltr">
            {own.value.link}
          </p>
          {own.value.invitation.relay.kind === 'this-computer' && <p className={css.note}>{say('invite.here')}</p>}
          <Button
            look="primary"
            wide
            autoFocus
            onClick={() => void navigator.clipboard.writeText(own.value.link).then(() => setCopied(true))}
          >
            <span role="status">{say(copied ? 'action.copied' : 'invite.copy')}</span>
          </Button>
        </div>
      )}
    </Dialog>
  )
}
