// The conversations, however many: only those in sight are drawn, and the arrow keys reach all of them.

import { type KeyboardEvent, useRef, useState } from 'react'
import { type Components, Virtuoso, type VirtuosoHandle } from 'react-virtuoso'
import type { ConversationId } from '../../../shared/ids.ts'
import type { Conversation } from '../../../shared/model.ts'
import { openConversation } from '../../store/ask.ts'
import { useDesk } from '../../store/desk.ts'
import { say } from '../../text/say.ts'
import { focusInside } from '../../ui/focus-inside.ts'
import { targetOf } from '../../ui/list-keys.ts'
import { MINUTE, useNow } from '../../ui/now.ts'
import { ConversationRow } from './conversation-row.tsx'
import css from './conversation-rows.module.css'

/** Their context is how many there are. */
const components: Components<Conversation, number> = {
  List: ({ children, style, ref }) => (
    // biome-ignore lint/a11y/useSemanticElements: the virtual list measures a div
    <div ref={ref} style={style} role="list" aria-label={say('list.label')}>
      {children}
    </div>
  ),
  Item: ({ children, item: _row, context, ...rest }) => (
    // biome-ignore lint/a11y/useSemanticElements: the virtual list measures a div
    <div {...rest} role="listitem" aria-posinset={rest['data-index'] + 1} aria-setsize={context}>
      {children}
    </div>
  ),
}

export function ConversationRows({ rows }: { rows: readonly Conversation[] }) {
  const now = useNow(MINUTE)
  const open = useDesk((desk) => desk.open)
  const drafts = useDesk((desk) => desk.drafts)
  const list = useRef<VirtuosoHandle>(null)
  const box = useRef<HTMLDivElement>(null)
  const [cursor, setCursor] = useState<ConversationId>()
  const reached = [cursor, open].map((id) => rows.findIndex((row) => row.id === id)).find((index) => index >= 0) ?? 0

  function moveTo(index: number) {
    const row = rows[Math.min(Math.max(index, 0), rows.length - 1)]
    if (!row) return
    setCursor(row.id)
    // The row that has the focus may be scrolled away before the next one is drawn: the list holds it meanwhile.
    box.current?.focus()
    list.current?.scrollIntoView({
      index: rows.indexOf(row),
      done: () => focusInside(box.current, `[data-row="${row.id}"]`),
    })
  }

  function onKeyDown(event: KeyboardEvent) {
    const row = rows[reached]
    if (event.key === 'Enter' && event.target === box.current && row) openConversation(row.id)
    const target = targetOf(event.key, reached, rows.length)
    if (target === undefined || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    moveTo(target)
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hears the arrow keys of what is inside, and is no control itself
    <div ref={box} tabIndex={-1} className={css.rows} data-region="list" onKeyDown={onKeyDown}>
      <Virtuoso<Conversation, number>
        ref={list}
        data={rows}
        context={rows.length}
        components={components}
        tabIndex={-1}
        computeItemKey={(_index, row) => row.id}
        defaultItemHeight={58}
        increaseViewportBy={200}
        itemContent={(index, row) => (
          <ConversationRow
            conversation={row}
            draft={row.id === open ? '' : (drafts.get(row.id) ?? row.draft)}
            now={now}
            chosen={row.id === open}
            reachable={index === reached}
            onOpen={() => {
              setCursor(row.id)
              openConversation(row.id)
            }}
          />
        )}
      />
    </div>
  )
}
