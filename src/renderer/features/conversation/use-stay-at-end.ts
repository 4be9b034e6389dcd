// Keeps the newest message in sight when the room for messages shrinks: a panel opens, the text being written grows.

import { useEffect } from 'react'

/** Pixels from the end that still count as the end. */
const NEAR = 48

export function useStayAtEnd(scroller: HTMLElement | Window | null): void {
  useEffect(() => {
    if (!(scroller instanceof HTMLElement)) return
    let height = scroller.clientHeight
    const observer = new ResizeObserver(() => {
      const lost = height - scroller.clientHeight
      height = scroller.clientHeight
      const below = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight
      if (lost > 0 && below <= lost + NEAR) scroller.scrollTop = scroller.scrollHeight
    })
    observer.observe(scroller)
    return () => observer.disconnect()
  }, [scroller])
}
