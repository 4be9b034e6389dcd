// What can be done with a message. Opens on a right click, or with the menu key where the focus is.

import { ContextMenu } from 'radix-ui'
import type { Message } from '../../../shared/model.ts'
import { request } from '../../store/ask.ts'
import { arrange } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { say } from '../../text/say.ts'
import { isChangeable } from './changeable.ts'
import css from './message-menu.module.css'

export function MessageMenu({ message }: { message: Message }) {
  const { content } = message
  const group = useMirror((mirror) => mirror.conversations.get(message.conversation)?.group ?? null)
  // Where one may not write, one does not change what one wrote.
  const changeable = isChangeable(message, Date.now()) && group?.maySend !== false
  const mayRecall =
    group?.mayRecall === true &&
    !group.mayNotRecallOf.includes(message.author) &&
    !message.own &&
    content.kind === 'text' &&
    !message.imported
  return (
    <ContextMenu.Portal>
      <ContextMenu.Content className={css.menu} collisionPadding={8}>
        {content.kind === 'text' && (
          <ContextMenu.Item className={css.item} onSelect={() => void navigator.clipboard.writeText(content.text)}>
            {say('message.copy')}
          </ContextMenu.Item>
        )}
        {changeable && (
          <>
            <ContextMenu.Item className={css.item} onSelect={() => arrange({ editing: message.id })}>
              {say('message.edit')}
            </ContextMenu.Item>
            <ContextMenu.Item
              className={css.item}
              onSelect={() => request('recallMessages', { messages: [message.id] })}
            >
              {say('message.deleteForAll')}
            </ContextMenu.Item>
          </>
        )}
        {mayRecall && (
          <ContextMenu.Item
            className={css.item}
            onSelect={() =>
              arrange({ dialog: { kind: 'recall', message: message.id, name: message.authorName ?? '' } })
            }
          >
            {say('message.deleteForAllAsk')}
          </ContextMenu.Item>
        )}
        {message.editedAt !== null && (
          <ContextMenu.Item
            className={css.item}
            onSelect={() => arrange({ dialog: { kind: 'edits', message: message.id } })}
          >
            {say('message.showEdits')}
          </ContextMenu.Item>
        )}
        {group && message.own && content.kind === 'text' && isSent(message) && (
          <ContextMenu.Item
            className={css.item}
            onSelect={() => arrange({ dialog: { kind: 'receipts', id: message.conversation, message: message.id } })}
          >
            {say('group.receipts')}
          </ContextMenu.Item>
        )}
        {group && content.kind === 'text' && (
          <ContextMenu.Item
            className={css.item}
            onSelect={() => arrange({ dialog: { kind: 'readers', message: message.id } })}
          >
            {say('group.readers')}
          </ContextMenu.Item>
        )}
        <ContextMenu.Item className={css.item} onSelect={() => request('deleteMessage', { message: message.id })}>
          {say('message.deleteHere')}
        </ContextMenu.Item>
      </ContextMenu.Content>
    </ContextMenu.Portal>
  )
}

function isSent({ delivery }: Message): boolean {
  return delivery !== null && delivery.state !== 'waiting' && delivery.state !== 'failed'
}
