// Answers about blobs: a status and, where it refuses, why, from a closed list that names nothing.

import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'

/** Not to be guessed from outside: one that is not whole, and one that is somebody else's to write, are not there. */
const STATUS = {
  'no-such-blob': 404,
  'no-such-method': 405,
  'wrong-offset': 409,
  'too-long': 413,
  'no-such-range': 416,
  spoiled: 422,
  'rate-limited': 429,
  unavailable: 503,
} as const
export type BlobRefusal = keyof typeof STATUS

const ALWAYS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  // Each transfer has a socket of its own, so that patience with it is patience with the socket.
  connection: 'close',
}

export function answer(response: ServerResponse, status: number, headers: OutgoingHttpHeaders = {}): void {
  response.writeHead(status, { ...ALWAYS, ...headers })
  response.end()
}

export function begin(response: ServerResponse, status: number, headers: OutgoingHttpHeaders): void {
  response.writeHead(status, { ...ALWAYS, ...headers })
}

export function refuse(response: ServerResponse, why: BlobRefusal, headers: OutgoingHttpHeaders = {}): void {
  const body = JSON.stringify({ ok: false, why })
  const length = Buffer.byteLength(body)
  response.writeHead(STATUS[why], {
    ...ALWAYS,
    'content-type': 'application/json',
    'content-length': length,
    ...headers,
  })
  response.end(body)
}
