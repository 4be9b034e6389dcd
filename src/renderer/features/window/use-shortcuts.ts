// Does what the table of shortcuts promises.

import { useEffect } from 'react'
import { lockNow, openConversation } from '../../store/ask.ts'
import { arrange, currentDesk } from '../../store/desk.ts'
import { currentMirror, useMirror } from '../../store/feed.ts'
import { focusNextRegion, focusRegion } from '../../ui/regions.ts'
import { listed } from '../list/listed.ts'
import { type ShortcutName, shortcutFor } from './shortcuts.ts'

export function useShortcuts(): void {
  const mac = useMirror((mirror) => mirror.host.platform === 'darwin')
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.isComposing || event.defaultPrevented) return
      if (event.key === 'Escape') return leave()
      const name = shortcutFor(event, mac)
      if (!name || (currentDesk().dialog && name !== 'palette' && name !== 'lock')) return
      event.preventDefault()
      deeds[name]()
    }
    window.addEventListener('keydown', onKeyDown)
    return () => window.removeEventListener('keydown', onKeyDown)
  }, [mac])
}

const deeds: Readonly<Record<ShortcutName, () => void>> = {
  palette: () => arrange({ dialog: currentDesk().dialog?.kind === 'palette' ? null : { kind: 'palette' } }),
  search: () => focusRegion('search'),
  newChat: () => arrange({ dialog: { kind: 'new-chat' } }),
  settings: () => arrange({ dialog: { kind: 'settings' } }),
  list: () => arrange({ dialog: { kind: 'shortcuts' } }),
  details: () => arrange({ details: !currentDesk().details }),
  relay: () => arrange({ relayView: !currentDesk().relayView }),
  lock: lockNow,
  next: () => step(1),
  previous: () => step(-1),
  regions: focusNextRegion,
}

/** Opens the conversation that stands so many places further down the list. */
function step(by: 1 | -1): void {
  const mirror = currentMirror()
  if (!mirror) return
  const desk = currentDesk()
  const rows = listed([...mirror.conversations.values()], desk.tab, desk.search, desk.open)
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
