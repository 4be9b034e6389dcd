// Folders for their owner only.

import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * With those above it that are missing. Throws as the disk does. One after the other: Node's own recursion never ends where
 * a file system says of everything that it is not there.
 */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EEXIST') return
    const above = dirname(folder)
    if (code !== 'ENOENT' || above === folder || isThere(above)) throw error
    makeFolder(above)
    mkdirSync(folder, { mode: 0o700 })
  }
}

function isThere(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined
}
