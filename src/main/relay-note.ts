// relay.json: where the bundled relay listens and what lets one in, for every profile of this person.

import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { RelayAddress } from '../engine/ports.ts'
import { writeWhole } from '../host/write-whole.ts'

const RelayNote = z.object({
  port: z.int().min(1).max(65535),
  /** 256 random bits in base64url. */
  token: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  /** Which process listens there. It may be long gone. */
  process: z.int().positive(),
})
export type RelayNote = z.infer<typeof RelayNote>

/** Undefined if there is none or it makes no sense: the next relay writes a new one. */
export function readRelayNote(folder: string): RelayNote | undefined {
  try {
    return RelayNote.parse(JSON.parse(readFileSync(noteFile(folder), 'utf8')))
  } catch {
    return undefined
  }
}

/** Only who holds the relay's lock may write it. Throws if the disk refuses. */
export function writeRelayNote(folder: string, note: RelayNote): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeWhole(noteFile(folder), JSON.stringify(note))
}

export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

export function addressOf({ port, token }: RelayNote): RelayAddress {
  return { url: `ws://127.0.0.1:${port}`, token }
}

function noteFile(folder: string): string {
  return join(folder, 'relay.json')
}
