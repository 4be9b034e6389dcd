// Does what the table of shortcuts promises.

import { useEffect } from 'react'
import { unreachable } from '../../../shared/answer.ts'
import { openConversation } from '../../store/ask.ts'
import { arrange, currentDesk } from '../../store/desk.ts'
import { currentMirror, useMirror } from '../../store/feed.ts'
import { listed } from '../list/listed.ts'
import { focusNextRegion, focusRegion } from './regions.ts'
import { type ShortcutName, shortcutFor } from './shortcuts.ts'

export function useShortcuts(): void {
  const mac = useMirror((mirror) => mirror.host.platform === 'darwin')
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.isComposing || event.defaultPrevented) return
      if (event.key === 'Escape') return leave()
      const name = shortcutFor(event, mac)
      if (!name || (currentDesk().dialog && name !== 'palette')) return
      event.preventDefault()
      perform(name)
    }
    window.addEventListener('keydown', onKeyDown)
    return () => window.removeEventListener('keydown', onKeyDown)
  }, [mac])
}

function perform(name: ShortcutName): void {
  const desk = currentDesk()
  switch (name) {
    case 'palette':
      return arrange({ dialog: desk.dialog?.kind === 'palette' ? null : { kind: 'palette' } })
    case 'search':
      return focusRegion('search')
    case 'newChat':
      return arrange({ dialog: { kind: 'new-chat' } })
    case 'settings':
      return arrange({ dialog: { kind: 'settings' } })
    case 'list':
      return arrange({ dialog: { kind: 'shortcuts' } })
    case 'details':
      return arrange({ details: !desk.details })
    case 'relay':
      return arrange({ relayView: !desk.relayView })
    case 'next':
      return step(1)
    case 'previous':
      return step(-1)
    case 'regions':
      return focusNextRegion()
    default:
      return unreachable(name)
  }
}

/** Opens the conversation that stands so many places further down the list. */
function step(by: 1 | -1): void {
  const mirror = currentMirror()
  if (!mirror) return
  const desk = currentDesk()
  const rows = listed([...mirror.conversations.values()], desk.tab, desk.search)
  const at = rows.findIndex((row) => row.id === desk.open)
  const target = rows[at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1)]
  if (target) openConversation(target.id)
}

/** Escape outside dialogs: back to writing, or to the list where one writes already. */
function leave(): void {
  const desk = currentDesk()
  if (desk.dialog) return
  const writing = document.activeElement?.closest('[data-region="composer"]')
  if (writing || !desk.open) focusRegion('list')
  else focusRegion('composer')
}
