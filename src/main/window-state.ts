// Where a profile's window stood and which theme it had, remembered so that it comes back there without a flash.

import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { writeWhole } from '../host/write-whole.ts'
import { Settings } from '../shared/model.ts'

export const SMALLEST = { width: 400, height: 480 }

const Bounds = z.object({ x: z.int(), y: z.int(), width: z.int().positive(), height: z.int().positive() })
export type Bounds = z.infer<typeof Bounds>

const WindowState = z.object({
  bounds: Bounds.nullable(),
  maximized: z.boolean(),
  theme: Settings.shape.theme,
})
export type WindowState = z.infer<typeof WindowState>

const fresh: WindowState = { bounds: null, maximized: false, theme: 'system' }

/** A file that is missing or makes no sense is a window that was never open. */
export function readWindowState(file: string): WindowState {
  try {
    return WindowState.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return fresh
  }
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
