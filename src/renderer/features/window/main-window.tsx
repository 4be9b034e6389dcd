// The messenger: rail, list, conversation, details. Narrow windows show the list or the conversation.

import type { Conversation } from '../../../shared/model.ts'
import { arrange, useDesk } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { classes } from '../../ui/classes.ts'
import { ConversationView } from '../conversation/conversation-view.tsx'
import { NoConversation } from '../conversation/no-conversation.tsx'
import column from '../details/details.module.css'
import { GroupView } from '../group/group-view.tsx'
import { ConversationList } from '../list/conversation-list.tsx'
import { Rail } from '../rail/rail.tsx'
import { MissingNote } from '../rest/missing.tsx'
import { RestPart } from '../rest/rest-part.tsx'
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
        {relayView && (
          <RestPart waiting={null} missing={<MissingNote onClose={() => arrange({ relayView: false })} />}>
            {({ RelayViewPanel }) => <RelayViewPanel />}
          </RestPart>
        )}
      </div>
      {details && <DetailsColumn conversation={conversation} />}
      <Dialogs />
      <Announcer />
    </div>
  )
}

/** The column is there before what stands in it, so that nothing moves aside for it. */
function DetailsColumn({ conversation }: { conversation: Conversation }) {
  return (
    <RestPart
      waiting={<aside className={column.details} aria-busy="true" />}
      missing={
        <aside className={column.details}>
          <MissingNote onClose={() => arrange({ details: false })} />
        </aside>
      }
    >
      {({ Details, GroupDetails }) =>
        conversation.kind === 'group' ? (
          <GroupDetails conversation={conversation} />
        ) : (
          <Details conversation={conversation} />
        )
      }
    </RestPart>
  )
}

function Middle({ conversation }: { conversation: Conversation | undefined }) {
  if (conversation === undefined) return <NoConversation />
  if (conversation.kind === 'group') return <GroupView key={conversation.id} conversation={conversation} />
  return <ConversationView key={conversation.id} conversation={conversation} />
}
