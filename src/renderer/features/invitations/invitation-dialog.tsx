// Somebody's invitation: what it says, whether the relay agrees, and then the person decides.

import { useEffect, useState } from 'react'
import { type Answer, unreachable } from '../../../shared/answer.ts'
import type { ReadInvitation } from '../../../shared/invitation.ts'
import { ask, openConversation, request } from '../../store/ask.ts'
import { arrange } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { failureSentence } from '../../text/failures.ts'
import { shownName } from '../../text/plain.ts'
import { say } from '../../text/say.ts'
import { Banner } from '../../ui/banner.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { CheckIcon, WarningIcon } from '../../ui/icons.tsx'
import { placeName } from '../list/connection-footer.tsx'
import css from './invitations.module.css'

interface InvitationDialogProps {
  readonly link: string
  readonly onClose: () => void
}

export function InvitationDialog({ link, onClose }: InvitationDialogProps) {
  const [read, setRead] = useState<Answer<ReadInvitation>>()
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  // Asked again when there is a connection.
  const online = useMirror((mirror) => mirror.connection.state === 'online')
  // biome-ignore lint/correctness/useExhaustiveDependencies: a connection that comes is why it is asked again
  useEffect(() => {
    let gone = false
    void ask('readInvitation', { link }).then((answer) => gone || setRead(answer))
    return () => {
      gone = true
    }
  }, [link, online])

  async function accept() {
    setBusy(true)
    const accepted = await ask('acceptInvitation', { link })
    setBusy(false)
    if (!accepted.ok) return setProblem(failureSentence(accepted.failure))
    onClose()
    arrange({ tab: 'all', search: '' })
    openConversation(accepted.value.id)
  }

  if (read?.ok === false) return <UnreadableDialog onClose={onClose} />
  const title = read?.ok ? say('invite.by', { username: read.value.invitation.username }) : say('invite.checking')
  const canOpen = read?.ok === true && read.value.standing === 'fits'
  return (
    <Dialog title={title} onClose={onClose}>
      {read?.ok && (
        <>
          <p className={css.facts}>{say('invite.relay', { relay: placeName(read.value.invitation.relay) })}</p>
          <Standing read={read.value} />
        </>
      )}
      <p role="alert">{problem}</p>
      <div className={css.actions}>
        <Button small onClick={onClose}>
          {say(canOpen ? 'action.cancel' : 'action.close')}
        </Button>
        {read?.ok && read.value.standing === 'another-relay' && (
          <Button look="primary" small onClick={() => openSecond(link)}>
            {say('list.secondProfile')}
          </Button>
        )}
        {canOpen && (
          <Button look="primary" small disabled={busy} onClick={() => void accept()}>
            {say('invite.open')}
          </Button>
        )}
      </div>
    </Dialog>
  )
}

/** So that it can be pasted there. */
function openSecond(link: string): void {
  void navigator.clipboard.writeText(link)
  request('openSecondProfile', {})
}

function Standing({ read: { invitation, standing, person } }: { read: ReadInvitation }) {
  const { username } = invitation
  switch (standing) {
    case 'fits':
      return (
        <Banner
          tone="ok"
          icon={<CheckIcon />}
          title={say('invite.fits')}
          text={person && say('invite.known', { name: shownName(person.name) })}
        />
      )
    case 'does-not-fit':
      return (
        <Banner
          tone="danger"
          icon={<WarningIcon />}
          title={say('invite.doesNotFit')}
          text={say('invite.doesNotFitText', { username })}
        />
      )
    case 'another-relay':
      return (
        <Banner
          tone="neutral"
          icon={<WarningIcon />}
          title={say('invite.anotherRelay', { relay: placeName(invitation.relay) })}
          text={say('invite.anotherRelayText')}
        />
      )
    case 'nobody':
      return <p>{say('invite.nobody')}</p>
    case 'oneself':
      return <p>{say('invite.oneself')}</p>
    case 'unchecked':
      return <p role="status">{say('invite.unchecked')}</p>
    default:
      return unreachable(standing)
  }
}

export function UnreadableDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={say('invite.unreadable')} text={say('invite.unreadableText')} onClose={onClose}>
      <div className={css.actions}>
        <Button small onClick={onClose}>
          {say('action.close')}
        </Button>
      </div>
    </Dialog>
  )
}
