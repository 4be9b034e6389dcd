// The feed of what is different: one set of whole rows for each commit, told after it.

import type { Change, ChangeSet } from '../shared/model.ts'

export interface ChangeFeed {
  /** The revision of the last set told. */
  revision(): number
  /** After the commit that made them true. Nothing is told for an empty list. */
  tell(changes: readonly Change[]): void
  listen(listener: (changes: ChangeSet) => void): () => void
}

export function createChangeFeed(): ChangeFeed {
  const listeners = new Set<(changes: ChangeSet) => void>()
  let revision = 0
  return {
    revision: () => revision,
    tell(changes) {
      if (changes.length === 0) return
      revision += 1
      for (const listener of [...listeners]) listener({ revision, changes: [...changes] })
    },
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
