// A blob as the relay knows it: announced on a connection, carried over HTTP; without an engine.

import { createHash, randomBytes } from 'node:crypto'
import { type BlobId, blobIdOf, blobPath, OFFSET_HEADER, TOKEN_HEADER } from '../../src/protocol/blobs.ts'
import type { Line } from './device.ts'
import type { OpenRelay } from './open.ts'

export interface Announced {
  blob: BlobId
  token: string
  bytes: Uint8Array<ArrayBuffer>
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest()
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

export async function announce(line: Line, bytes: Uint8Array<ArrayBuffer> = randomBytes(1000)): Promise<Announced> {
  const value = { size: BigInt(bytes.length), digest: sha256(bytes) }
  const { blob, token } = await line.expect({ case: 'prepareUpload', value }, 'uploadPrepared')
  const id = blobIdOf(blob)
  if (id === undefined) throw new Error('not a blob')
  return { blob: id, token: hex(token), bytes }
}

export function ask(
  { port }: Pick<OpenRelay, 'port'>,
  { blob }: Pick<Announced, 'blob'>,
  request: RequestInit = {},
): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}${blobPath(blob)}`, request)
}

/** Sends what is given from there on, and says how it went and how far it is. */
export async function patch(
  relay: Pick<OpenRelay, 'port'>,
  announced: Announced,
  from: number,
  body: BodyInit = announced.bytes.slice(from),
): Promise<[number, string | null]> {
  const headers = { [TOKEN_HEADER]: announced.token, [OFFSET_HEADER]: String(from) }
  const response = await ask(relay, announced, { method: 'PATCH', headers, body, duplex: 'half' } as RequestInit)
  return [response.status, response.headers.get(OFFSET_HEADER)]
}

export async function offset(relay: Pick<OpenRelay, 'port'>, announced: Announced): Promise<[number, string | null]> {
  const response = await ask(relay, announced, { method: 'HEAD', headers: { [TOKEN_HEADER]: announced.token } })
  return [response.status, response.headers.get(OFFSET_HEADER)]
}

/** The bytes, or why not. */
export async function got(relay: Pick<OpenRelay, 'port'>, announced: Announced, range?: string) {
  const response = await ask(relay, announced, range === undefined ? {} : { headers: { range } })
  if (!response.ok) return response.status
  return new Uint8Array(await response.arrayBuffer())
}
