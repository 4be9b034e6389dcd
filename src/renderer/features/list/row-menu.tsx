// What can be done with a conversation in the list. Opens on a right click, or with the menu key where the focus is.

import { ContextMenu } from 'radix-ui'
import type { Conversation, Muted } from '../../../shared/model.ts'
import { request } from '../../store/ask.ts'
import { say } from '../../text/say.ts'
import { instantIn } from '../../ui/now.ts'
import menu from '../conversation/message-menu.module.css'

const NIGHT = 8 * 3_600_000

export function RowMenu({ conversation, muted }: { conversation: Conversation; muted: boolean }) {
  const { id, pinned, archived } = conversation
  const mute = (until: Muted | null) => request('setMuted', { conversation: id, until })
  return (
    <ContextMenu.Portal>
      <ContextMenu.Content className={menu.menu} collisionPadding={8}>
        <Item
          says={say(pinned ? 'row.unpin' : 'row.pin')}
          onSelect={() => request('setPinned', { conversation: id, pinned: !pinned })}
        />
        {muted ? (
          <Item says={say('row.unmute')} onSelect={() => mute(null)} />
        ) : (
          <>
            <Item says={say('row.mute')} onSelect={() => mute(instantIn(NIGHT))} />
            <Item says={say('row.muteForGood')} onSelect={() => mute('for-good')} />
          </>
        )}
        <Item
          says={say(archived ? 'row.unarchive' : 'row.archive')}
          onSelect={() => request('setArchived', { conversation: id, archived: !archived })}
        />
      </ContextMenu.Content>
    </ContextMenu.Portal>
  )
}

function Item({ says, onSelect }: { says: string; onSelect: () => void }) {
  return (
    <ContextMenu.Item className={menu.item} onSelect={onSelect}>
      {says}
    </ContextMenu.Item>
  )
}
