// The folder that a relay keeps its things in, for its owner only, and the socket in it that administers the relay.

import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder } from '../../host/make-folder.ts'

/** Bytes of a path that a socket may have: of `sun_path`, without the zero at its end. */
const LONGEST_SOCKET = process.platform === 'darwin' ? 103 : 107

/** Windows has named pipes instead. */
export function socketIn(folder: string): string {
  if (process.platform !== 'win32') return join(folder, 'admin.sock')
  return `\\\\.\\pipe\\sotto-relay-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`
}

export function hasRoomForSocket(folder: string): boolean {
  return process.platform === 'win32' || Buffer.byteLength(socketIn(folder)) <= LONGEST_SOCKET
}

/** With those above it that are missing. Throws an Error with a sentence where that cannot be. */
export function makeDataFolder(folder: string): void {
  try {
    makeFolder(folder)
  } catch (error) {
    throw new Error(`the folder ${folder} cannot be made: ${codeOf(error)}`)
  }
  if (!statSync(folder).isDirectory()) throw new Error(`${folder} is no folder`)
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}
