// How the wire to the relay is: where the relay stands, and what happens when it cannot be reached.

import { unreachable } from '../../../shared/answer.ts'
import type { Connection, RelayPlace } from '../../../shared/model.ts'
import { request } from '../../store/ask.ts'
import { useMirror } from '../../store/feed.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { Banner } from '../../ui/banner.tsx'
import { Button } from '../../ui/button.tsx'
import { classes } from '../../ui/classes.ts'
import { RetryIcon, WarningIcon } from '../../ui/icons.tsx'
import { SECOND, useNow } from '../../ui/now.ts'
import css from './connection-footer.module.css'

export function ConnectionFooter() {
  const connection = useMirror((mirror) => mirror.connection)
  const relay = useMirror((mirror) => mirror.profile?.relay)
  return (
    <section className={css.footer} aria-label={say('connection.label')}>
      <Trouble connection={connection} />
      <div className={css.line}>
        <span className={classes(css.dot, css[connection.state])} aria-hidden="true" />
        <span className={css.place}>{relay && placeName(relay)}</span>
        <span className={css.state} role="status">
          {stateName(connection)}
        </span>
      </div>
    </section>
  )
}

function Trouble({ connection }: { connection: Connection }) {
  if (connection.state === 'offline') return <Offline retryAt={connection.retryAt} />
  if (connection.state === 'refused') {
    return (
      <Banner
        tone="danger"
        className={css.banner}
        icon={<WarningIcon />}
        title={say('connection.refusedTitle')}
        text={failureSentence(connection.failure)}
        actions={
          <Button small onClick={() => request('reconnect', {})}>
            {say('action.tryAgain')}
          </Button>
        }
      />
    )
  }
  return null
}

function Offline({ retryAt }: { retryAt: number }) {
  const seconds = Math.max(0, Math.ceil((retryAt - useNow(SECOND)) / 1000))
  return (
    <Banner
      tone="neutral"
      className={css.banner}
      icon={<RetryIcon />}
      title={say('connection.offlineTitle')}
      text={say('connection.offlineText', { seconds })}
      actions={
        <Button small aria-label={say('connection.nowLabel')} onClick={() => request('reconnect', {})}>
          {say('connection.now')}
        </Button>
      }
    />
  )
}

export function placeName(relay: RelayPlace): string {
  return relay.kind === 'this-computer' ? say('relayPlace.local') : new URL(relay.url).host
}

function stateName(connection: Connection): string {
  switch (connection.state) {
    case 'idle':
      return say('connection.idle')
    case 'connecting':
      return say('connection.connecting')
    case 'catching-up':
      return say('connection.catchingUp')
    case 'online':
      return say('connection.online')
    case 'offline':
    case 'refused':
      return ''
    default:
      return unreachable(connection)
  }
}
