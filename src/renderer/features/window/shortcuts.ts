// Every key the window listens to, in one table: what the shortcuts dialog shows is what the window does.

import type { SentenceKey } from '../../text/sentences.ts'

export type ShortcutName =
  | 'palette'
  | 'search'
  | 'newChat'
  | 'settings'
  | 'details'
  | 'relay'
  | 'lock'
  | 'next'
  | 'previous'
  | 'regions'
  | 'list'

export interface Shortcut {
  readonly name: ShortcutName
  readonly says: SentenceKey
  readonly key: string
  /** `main` is Ctrl, and Cmd on a Mac. */
  readonly with: ReadonlyArray<'main' | 'shift' | 'alt'>
}

export const shortcuts: readonly Shortcut[] = [
  { name: 'palette', says: 'shortcuts.palette', key: 'k', with: ['main'] },
  { name: 'search', says: 'shortcuts.search', key: 'f', with: ['main'] },
  { name: 'newChat', says: 'shortcuts.newChat', key: 'n', with: ['main'] },
  { name: 'settings', says: 'shortcuts.settings', key: ',', with: ['main'] },
  { name: 'details', says: 'shortcuts.details', key: 'i', with: ['main'] },
  { name: 'relay', says: 'shortcuts.relay', key: 'e', with: ['main'] },
  { name: 'lock', says: 'shortcuts.lock', key: 'l', with: ['main'] },
  { name: 'next', says: 'shortcuts.next', key: 'ArrowDown', with: ['alt'] },
  { name: 'previous', says: 'shortcuts.previous', key: 'ArrowUp', with: ['alt'] },
  { name: 'regions', says: 'shortcuts.regions', key: 'F6', with: [] },
  { name: 'list', says: 'shortcuts.list', key: '/', with: ['main'] },
]

type Pressed = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>

export function shortcutFor(pressed: Pressed, mac: boolean): ShortcutName | undefined {
  const main = mac ? pressed.metaKey : pressed.ctrlKey
  return shortcuts.find(
    (shortcut) =>
      shortcut.key.toLowerCase() === pressed.key.toLowerCase() &&
      shortcut.with.includes('main') === main &&
      shortcut.with.includes('alt') === pressed.altKey &&
      shortcut.with.includes('shift') === pressed.shiftKey,
  )?.name
}

/** As it is printed on keys: `Ctrl K`, `⌘ K`. */
export function keysOf(name: ShortcutName, mac: boolean): string {
  const shortcut = shortcuts.find((known) => known.name === name)
  return shortcut ? keysText(shortcut, mac) : ''
}

const printed: Readonly<Record<string, string>> = { ArrowDown: '↓', ArrowUp: '↑' }

export function keysText(shortcut: Shortcut, mac: boolean): string {
  const held = shortcut.with.map((key) =>
    key === 'main' ? (mac ? '⌘' : 'Ctrl') : key === 'alt' ? (mac ? '⌥' : 'Alt') : mac ? '⇧' : 'Shift',
  )
  return [...held, printed[shortcut.key] ?? shortcut.key.toUpperCase()].join(' ')
}
