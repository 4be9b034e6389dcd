// A lock that one process holds and that the operating system takes back when the process dies, however it dies.

import { closeSync, openSync } from 'node:fs'
import Database from '@signalapp/sqlcipher'

/**
 * Undefined: somebody else holds it, here or in another process. Answers how to let go. The file stays, and is empty.
 * SQLite's lock on it is the system's own: there is no process id in it that could be stale.
 */
export function takeLock(file: string): (() => void) | undefined {
  closeSync(openSync(file, 'a', 0o600))
  const database = new Database(file)
  try {
    // There is nothing to roll back, so no journal file beside it.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY')) return undefined
    throw error
  }
  return () => database.close()
}
