// Small files that are there whole or not at all, whatever is pulled from under us.

import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** Replaces the file, readable by its owner only. When it returns, the new content is on the disk. */
export function writeWhole(path: string, content: string): void {
  const next = `${path}.next`
  const file = openSync(next, 'w', 0o600)
  try {
    writeSync(file, content)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(next, path)
  syncFolder(dirname(path))
}

/** What a finished file is called from now on; on the disk when it returns. */
export function renameWhole(from: string, to: string): void {
  renameSync(from, to)
  syncFolder(dirname(to))
}

/** Windows has no such thing: there the rename is on the disk by itself. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
