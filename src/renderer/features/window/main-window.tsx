// The messenger: rail, list, conversation, details. Narrow windows show the list or the conversation.

import type { Conversation } from '../../../shared/model.ts'
import { useDesk } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { classes } from '../../ui/classes.ts'
import { ConversationView } from '../conversation/conversation-view.tsx'
import { NoConversation } from '../conversation/no-conversation.tsx'
import { Details } from '../details/details.tsx'
import { GroupDetails } from '../group/group-details.tsx'
import { GroupView } from '../group/group-view.tsx'
import { ConversationList } from '../list/conversation-list.tsx'
import { Rail } from '../rail/rail.tsx'
import { RelayViewPanel } from '../relay-view/relay-view-panel.tsx'
import { Announcer } from './announcer.tsx'
import { Dialogs } from './dialogs.tsx'
import css from './main-window.module.css'
import { useShortcuts } from './use-shortcuts.ts'
import { useTitle } from './use-title.ts'

export function MainWindow() {
  useShortcuts()
  useTitle()
  const open = useDesk((desk) => desk.open)
  const conversation = useMirror((mirror) => (open ? mirror.conversations.get(open) : undefined))
  const details = useDesk((desk) => desk.details) && conversation !== undefined
  const relayView = useDesk((desk) => desk.relayView)
  return (
    <div className={classes(css.window, details && css.withDetails, conversation && css.reading)}>
      <Rail />
      <ConversationList />
      <div className={css.middle}>
        <Middle conversation={conversation} />
        {relayView && <RelayViewPanel />}
      </div>
      {details &&
        (conversation.kind === 'group' ? (
          <GroupDetails conversation={conversation} />
        ) : (
          <Details conversation={conversation} />
        ))}
      <Dialogs />
      <Announcer />
    </div>
  )
}

function Middle({ conversation }: { conversation: Conversation | undefined }) {
  if (conversation === undefined) return <NoConversation />
  if (conversation.kind === 'group') return <GroupView key={conversation.id} conversation={conversation} />
  return <ConversationView key={conversation.id} conversation={conversation} />
}
