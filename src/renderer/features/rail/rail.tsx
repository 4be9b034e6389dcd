// The narrow column at the edge: oneself, and the parts of the app.

import { arrange, useDesk } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { unreadCount } from '../../store/mirror.ts'
import { shownName } from '../../text/plain.ts'
import { say } from '../../text/say.ts'
import { IconButton } from '../../ui/button.tsx'
import { classes } from '../../ui/classes.ts'
import { ChatIcon, GearIcon, KeyboardIcon, PersonAddIcon, ShieldIcon } from '../../ui/icons.tsx'
import { focusRegion } from '../../ui/regions.ts'
import { PersonAvatar } from '../people/person-avatar.tsx'
import css from './rail.module.css'

export function Rail() {
  const profile = useMirror((mirror) => mirror.profile)
  const relayView = useDesk((desk) => desk.relayView)
  const unread = useMirror((mirror) => unreadCount(mirror))
  return (
    <nav className={css.rail} aria-label={say('rail.label')}>
      {profile && (
        <button
          type="button"
          className={css.you}
          aria-label={say('rail.you', { name: shownName(profile.name) })}
          title={shownName(profile.name)}
          onClick={() => arrange({ dialog: { kind: 'settings' } })}
        >
          <PersonAvatar person={profile} size={36} />
        </button>
      )}
      <IconButton
        className={classes(css.part, css.here)}
        label={unread ? say('rail.chatsUnread', { count: unread }) : say('rail.chats')}
        aria-current="page"
        onClick={() => {
          if (window.innerWidth <= 900) arrange({ open: null })
          focusRegion('list')
        }}
      >
        <ChatIcon />
        {unread > 0 && <i className={css.dot} />}
      </IconButton>
      <IconButton
        className={css.part}
        label={say('rail.newChat')}
        onClick={() => arrange({ dialog: { kind: 'new-chat' } })}
      >
        <PersonAddIcon />
      </IconButton>
      <IconButton
        className={classes(css.part, relayView && css.here)}
        label={say('rail.relay')}
        aria-pressed={relayView}
        onClick={() => arrange({ relayView: !relayView })}
      >
        <ShieldIcon />
      </IconButton>
      <span className={css.space} />
      <IconButton
        className={css.part}
        label={say('rail.shortcuts')}
        onClick={() => arrange({ dialog: { kind: 'shortcuts' } })}
      >
        <KeyboardIcon />
      </IconButton>
      <IconButton
        className={css.part}
        label={say('rail.settings')}
        onClick={() => arrange({ dialog: { kind: 'settings' } })}
      >
        <GearIcon />
      </IconButton>
    </nav>
  )
}
