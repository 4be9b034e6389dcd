// Where a profile's window stood and which theme it had, remembered so that it comes back there without a flash.

import { readFileSync } from 'node:fs'
import { writeWhole } from '../host/write-whole.ts'
import type { Settings } from '../shared/model.ts'

export const SMALLEST = { width: 400, height: 480 }

export interface Bounds {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface WindowState {
  readonly bounds: Bounds | null
  readonly maximized: boolean
  readonly theme: Settings['theme']
}

const themes: readonly unknown[] = ['system', 'light', 'dark'] satisfies WindowState['theme'][]
const fresh: WindowState = { bounds: null, maximized: false, theme: 'system' }

/** A file that is missing or makes no sense is a window that was never open. */
export function readWindowState(file: string): WindowState {
  try {
    const read: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return isWindowState(read) ? read : fresh
  } catch {
    return fresh
  }
}

/** By hand: the window waits for this, and loading schemas would take longer than opening it. */
function isWindowState(read: unknown): read is WindowState {
  const { bounds, maximized, theme } = Object(read)
  return (bounds === null || isBounds(bounds)) && typeof maximized === 'boolean' && themes.includes(theme)
}

function isBounds(read: unknown): read is Bounds {
  const { x, y, width, height } = Object(read)
  return [x, y, width, height].every(Number.isSafeInteger) && width > 0 && height > 0
}

/** Throws if the disk refuses. */
export function writeWindowState(file: string, state: WindowState): void {
  writeWhole(file, JSON.stringify(state))
}

/**
 * The remembered bounds if enough of the window can be seen on a screen there is today, and no larger than it.
 *
 * @param screens the parts of the screens that windows may use
 */
export function fitToScreens(bounds: Bounds | null, screens: readonly Bounds[]): Bounds | undefined {
  if (bounds === null) return undefined
  for (const screen of screens) {
    const width = Math.min(Math.max(bounds.width, SMALLEST.width), screen.width)
    const height = Math.min(Math.max(bounds.height, SMALLEST.height), screen.height)
    const across = Math.min(bounds.x + width, screen.x + screen.width) - Math.max(bounds.x, screen.x)
    const titleIsOnScreen = bounds.y >= screen.y && bounds.y <= screen.y + screen.height - 48
    if (titleIsOnScreen && across >= 96) return { x: bounds.x, y: bounds.y, width, height }
  }
  return undefined
}
