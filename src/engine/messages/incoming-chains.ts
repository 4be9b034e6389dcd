// How far each installation has numbered towards us, while a slice of what they said is stored: read once, written once.

import type { Sql } from '../../shared/sql.ts'
import { type Link, lastIncoming, type Numberer, setLastIncoming } from '../storage/chains.ts'

export interface IncomingChains {
  last(from: Numberer): Link
  set(from: Numberer, link: Link): void
  /** In the transaction that stores the slice, at its end. */
  write(): void
}

export function readIncomingChains(sql: Sql): IncomingChains {
  const known = new Map<string, { from: Numberer; link: Link; moved: boolean }>()
  return {
    last(from) {
      const name = nameOf(from)
      const before = known.get(name)
      if (before !== undefined) return before.link
      const link = lastIncoming(sql, from)
      known.set(name, { from, link, moved: false })
      return link
    },
    set: (from, link) => known.set(nameOf(from), { from, link, moved: true }),
    write() {
      for (const { from, link, moved } of known.values()) if (moved) setLastIncoming(sql, from, link)
    },
  }
}

function nameOf({ account, device, registrationId }: Numberer): string {
  return `${account}.${device}.${registrationId}`
}
