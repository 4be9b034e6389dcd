// Keeps the newest message in sight: when the room for messages shrinks (a panel opens, the text being written grows), and
// while what stands above it is still being measured.

import { useEffect } from 'react'

/** Pixels from the end that still count as the end. */
const NEAR = 48

/** By which a person may leave the end. */
const MOVES = ['wheel', 'touchmove', 'pointerdown', 'keydown'] as const

/** @param fromTheBeginning it was opened at its end, and is held there until the person moves */
export function useStayAtEnd(scroller: HTMLElement | Window | null, fromTheBeginning: boolean): void {
  useEffect(() => {
    if (!(scroller instanceof HTMLElement)) return
    let height = scroller.clientHeight
    const observer = new ResizeObserver(() => {
      const lost = height - scroller.clientHeight
      height = scroller.clientHeight
      if (lost > 0 && below(scroller) <= lost + NEAR) scroller.scrollTop = scroller.scrollHeight
    })
    observer.observe(scroller)
    return () => observer.disconnect()
  }, [scroller])

  useEffect(() => {
    const list = scroller instanceof HTMLElement ? scroller.querySelector('[role="list"]') : null
    if (!(scroller instanceof HTMLElement) || list === null || !fromTheBeginning) return
    let { scrollTop: top, scrollHeight: height } = scroller
    const remember = () => {
      top = scroller.scrollTop
      height = scroller.scrollHeight
    }
    const observer = new ResizeObserver(() => {
      if (below(scroller) > 0) scroller.scrollTop = scroller.scrollHeight
      remember()
    })
    // What is not drawn is its padding.
    observer.observe(list, { box: 'border-box' })
    const around = scroller.parentElement ?? scroller
    // A screen reader scrolls without any of them; measuring changes the height, too.
    const onScroll = () => {
      if (scroller.scrollHeight === height && scroller.scrollTop < top - NEAR) letGo()
      remember()
    }
    const letGo = () => {
      observer.disconnect()
      scroller.removeEventListener('scroll', onScroll, true)
      for (const move of MOVES) around.removeEventListener(move, letGo)
    }
    // Before the list draws for it.
    scroller.addEventListener('scroll', onScroll, { capture: true, passive: true })
    for (const move of MOVES) around.addEventListener(move, letGo, { passive: true })
    return letGo
  }, [scroller, fromTheBeginning])
}

function below({ scrollHeight, scrollTop, clientHeight }: HTMLElement): number {
  return scrollHeight - scrollTop - clientHeight
}
