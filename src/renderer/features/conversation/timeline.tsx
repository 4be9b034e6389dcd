// What was said: a virtual list that begins where reading stopped and follows what comes.

import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { type Components, type StateSnapshot, Virtuoso, type VirtuosoHandle } from 'react-virtuoso'
import type { MessageId } from '../../../shared/ids.ts'
import type { Conversation } from '../../../shared/model.ts'
import { client } from '../../bridge.ts'
import { currentDesk, keepScroll, useDesk } from '../../store/desk.ts'
import { loadEarlier } from '../../store/feed.ts'
import type { Page } from '../../store/pages.ts'
import { say } from '../../text/say.ts'
import { focusInside } from '../../ui/focus-inside.ts'
import { MINUTE, useNow } from '../../ui/now.ts'
import { Beginning, EarlierOnTheirWay } from './beginning.tsx'
import { JumpToNewest } from './jump-to-newest.tsx'
import css from './timeline.module.css'
import { TimelineItem } from './timeline-item.tsx'
import { type TimelineRow, timelineRows } from './timeline-rows.ts'
import { useLastSeen } from './use-last-seen.ts'
import { useReading } from './use-reading.ts'
import { useStayAtEnd } from './use-stay-at-end.ts'

/** Index of the first message loaded; earlier ones count down from it, so that none ever changes its index. */
const FIRST_INDEX = 1_000_000

/** Milliseconds that measuring a conversation takes at most. */
const SETTLED_AFTER = 1_000

interface Context {
  readonly conversation: Conversation
  readonly hasEarlier: boolean
  /** Of messages; -1: there are more than are loaded. */
  readonly count: number
}

const components: Components<TimelineRow, Context> = {
  Header: ({ context }) => context.hasEarlier && <EarlierOnTheirWay />,
  EmptyPlaceholder: ({ context }) => <Beginning conversation={context.conversation} />,
  Footer: () => <div className={css.foot} />,
  List: ({ children, style, ref }) => (
    // biome-ignore lint/a11y/useSemanticElements: the virtual list measures a div
    <div ref={ref} style={style} role="list" aria-label={say('conversation.messages')}>
      {children}
    </div>
  ),
  Item: ({ children, item: _row, context, ...rest }) => (
    // biome-ignore lint/a11y/useSemanticElements: the virtual list measures a div
    <div {...rest} role="listitem" aria-posinset={rest['data-index'] + 1} aria-setsize={context.count}>
      {children}
    </div>
  ),
}

export function Timeline({ conversation, page }: { conversation: Conversation; page: Page }) {
  const now = useNow(MINUTE)
  const divider = useDesk((desk) => desk.divider)
  const rows = timelineRows(page, divider)
  const firstIndex = FIRST_INDEX - page.earlier
  const list = useRef<VirtuosoHandle>(null)
  const box = useRef<HTMLDivElement>(null)
  const [scroller, setScroller] = useState<HTMLElement | Window | null>(null)
  const [cursor, setCursor] = useState<MessageId>()
  const [beginning] = useState(() => whereToBegin(rows, currentDesk().scroll.get(conversation.id)))
  const [atEnd, setAtEnd] = useState(true)
  // A list that begins at its end says for a moment that it does not stand there, until it has measured itself.
  const [settled, setSettled] = useState(!beginning.atEnd)
  const away = settled && !atEnd
  useEffect(() => {
    if (settled) return
    // Something came while the list was measuring, and it lost the end it was to begin at.
    const timer = setTimeout(() => {
      list.current?.scrollToIndex({ index: 'LAST', align: 'end' })
      setSettled(true)
    }, SETTLED_AFTER)
    return () => clearTimeout(timer)
  }, [settled])

  const lastSeenId = useLastSeen(scroller)
  const lastSeen = page.messages.find((message) => message.id === lastSeenId)
  useReading(conversation, lastSeen, away)
  useStayAtEnd(scroller, beginning.atEnd)
  // One's own message is always followed; others' while one stands at the end, however tall they are.
  const newest = page.messages.at(-1)
  const newestId = newest?.id
  const follows = newest?.own === true || !away
  const newestBefore = useRef(newestId)
  useEffect(() => {
    if (newestId === newestBefore.current) return
    newestBefore.current = newestId
    if (follows) list.current?.scrollToIndex({ index: 'LAST', align: 'end' })
  }, [newestId, follows])

  function moveTo(index: number) {
    const row = rows[Math.min(Math.max(index, 0), rows.length - 1)]
    if (!row) return
    const { id } = row.message
    setCursor(id)
    box.current?.focus()
    list.current?.scrollIntoView({
      index: rows.indexOf(row),
      done: () => focusInside(box.current, `[data-message="${id}"]`),
    })
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const at = rows.findIndex((row) => row.message.id === cursor)
    if (event.key === 'ArrowUp') moveTo(at < 0 ? rows.length - 1 : at - 1)
    else if (event.key === 'ArrowDown') moveTo(at < 0 ? rows.length - 1 : at + 1)
    else if (event.key === 'End') moveTo(rows.length - 1)
    else return
    event.preventDefault()
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hears the arrow keys of what is inside, and is no control itself
    <div ref={box} tabIndex={-1} className={css.timeline} data-region="messages" onKeyDown={onKeyDown}>
      <Virtuoso<TimelineRow, Context>
        ref={list}
        scrollerRef={setScroller}
        className={css.scroller}
        data={rows}
        context={{ conversation, hasEarlier: page.hasEarlier, count: page.hasEarlier ? -1 : rows.length }}
        components={components}
        computeItemKey={(_index, row) => row.message.id}
        firstItemIndex={firstIndex}
        {...beginning.place}
        alignToBottom
        defaultItemHeight={46}
        increaseViewportBy={{ top: 600, bottom: 200 }}
        atBottomThreshold={48}
        atBottomStateChange={(now) => {
          setAtEnd(now)
          if (now) setSettled(true)
        }}
        followOutput={(following) => (following ? 'auto' : false)}
        isScrolling={(scrolling) => {
          if (!scrolling) list.current?.getState((place) => keepScroll(conversation.id, away ? place : null))
        }}
        startReached={() => void loadEarlier(client, conversation.id)}
        itemContent={(_index, row) => (
          <TimelineItem row={row} conversation={conversation} now={now} reachable={row.message.id === cursor} />
        )}
      />
      {away && (
        <JumpToNewest
          unread={conversation.unread}
          onJump={() => list.current?.scrollToIndex({ index: 'LAST', align: 'end' })}
        />
      )}
    </div>
  )
}

/** At the first unread message, else where one left, else at the end. */
function whereToBegin(rows: readonly TimelineRow[], left: StateSnapshot | undefined) {
  const unread = rows.findIndex((row) => row.newHere !== null)
  if (unread >= 0)
    return { atEnd: false, place: { initialTopMostItemIndex: { index: unread, align: 'center' } } } as const
  if (left) return { atEnd: false, place: { restoreStateFrom: left } } as const
  const end = { index: Math.max(rows.length - 1, 0), align: 'end' } as const
  return { atEnd: true, place: { initialTopMostItemIndex: end } } as const
}
