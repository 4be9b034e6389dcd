// Bars that say how two people stand with each other, and let one change it.

import type { PersonConversation } from '../../../shared/model.ts'
import { request } from '../../store/ask.ts'
import { arrange } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { say } from '../../text/say.ts'
import { Banner } from '../../ui/banner.tsx'
import { Button } from '../../ui/button.tsx'
import { BlockIcon, PersonAddIcon, WarningIcon } from '../../ui/icons.tsx'
import { conversationName } from '../../ui/person-name.tsx'
import css from './standing.module.css'

interface StandingProps {
  readonly conversation: PersonConversation
}

export function RequestBar({ conversation }: StandingProps) {
  const name = conversationName(conversation)
  return (
    <Banner
      tone="neutral"
      className={css.bar}
      icon={<PersonAddIcon />}
      title={say('request.title', { name })}
      text={say('request.text')}
      actions={
        <>
          <Button look="primary" small onClick={() => request('acceptRequest', { conversation: conversation.id })}>
            {say('request.accept')}
          </Button>
          <Button small onClick={() => request('refuseRequest', { conversation: conversation.id })}>
            {say('request.refuse')}
          </Button>
          <Button
            look="danger"
            small
            onClick={() => arrange({ dialog: { kind: 'block', account: conversation.person.account } })}
          >
            {say('request.block')}
          </Button>
        </>
      }
    />
  )
}

export function BlockedBar({ conversation }: StandingProps) {
  const { account } = conversation.person
  return (
    <Banner
      tone="neutral"
      className={css.bar}
      icon={<BlockIcon />}
      title={say('blocked.title', { name: conversationName(conversation) })}
      text={say('blocked.text')}
      actions={
        <Button small onClick={() => request('unblockPerson', { account })}>
          {say('blocked.unblock')}
        </Button>
      }
    />
  )
}

export function SafetyBanner({ conversation }: StandingProps) {
  const { account, safety } = conversation.person
  const waiting = useMirror((mirror) => {
    const messages = mirror.pages.get(conversation.id)?.messages ?? []
    return messages.filter((message) => message.delivery?.state === 'waiting').length
  })
  const wasVerified = safety.state === 'changed' && safety.wasVerified
  const text = say('safety.changedText', { count: waiting })
  return (
    <Banner
      tone="warn"
      className={css.top}
      icon={<WarningIcon />}
      title={say('safety.changedTitle', { name: conversationName(conversation) })}
      text={wasVerified ? `${say('safety.wasVerified')} ${text}` : text}
      actions={
        <>
          <Button small onClick={() => arrange({ dialog: { kind: 'safety-number', account } })}>
            {say('safety.compare')}
          </Button>
          <Button small onClick={() => request('acceptSafetyNumber', { account })}>
            {say('safety.accept')}
          </Button>
        </>
      }
    />
  )
}
