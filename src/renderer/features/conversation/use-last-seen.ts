// The lowest message in sight, looked up on the screen itself: only what was really drawn there counts as read.

import { useEffect, useState } from 'react'

/** Milliseconds of rest after scrolling or growing. */
const AT_REST_AFTER = 150

/** The id of a message, undefined while nothing is drawn. */
export function useLastSeen(scroller: HTMLElement | Window | null): string | undefined {
  const [seen, setSeen] = useState<string>()
  useEffect(() => {
    if (!(scroller instanceof HTMLElement)) return
    let timer: ReturnType<typeof setTimeout>
    const lookAtRest = () => {
      clearTimeout(timer)
      timer = setTimeout(() => setSeen(lowestInSight(scroller)), AT_REST_AFTER)
    }
    const sizes = new ResizeObserver(lookAtRest)
    sizes.observe(scroller)
    // What the list holds grows and shrinks in here.
    if (scroller.firstElementChild) sizes.observe(scroller.firstElementChild)
    const rows = new MutationObserver(lookAtRest)
    rows.observe(scroller, { childList: true, attributes: true, attributeFilter: ['style'], subtree: true })
    scroller.addEventListener('scroll', lookAtRest, { passive: true })
    lookAtRest()
    return () => {
      clearTimeout(timer)
      sizes.disconnect()
      rows.disconnect()
      scroller.removeEventListener('scroll', lookAtRest)
    }
  }, [scroller])
  return seen
}

function lowestInSight(scroller: HTMLElement): string | undefined {
  const { bottom } = scroller.getBoundingClientRect()
  const drawn = [...scroller.querySelectorAll<HTMLElement>('[data-message]')]
  // The list hides its rows until it has measured them.
  const inSight = drawn.findLast(
    (message) =>
      message.checkVisibility({ visibilityProperty: true }) && message.getBoundingClientRect().bottom <= bottom + 8,
  )
  return inSight?.dataset.message
}
