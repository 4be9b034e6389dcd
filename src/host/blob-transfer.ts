// Blobs over HTTP or HTTPS: the engine's port on Node, at the address whose WebSocket the relay has.

import { once } from 'node:events'
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { BlobTransfer, Cancellation, Clock, RelayAddress, TransferFailure, UploadRight } from '../engine/ports.ts'
import { type BlobId, blobPath, OFFSET_HEADER, TOKEN_HEADER } from '../protocol/blobs.ts'

/** Milliseconds without a byte in either direction. */
const LONGEST_SILENCE = 30_000

interface Asked {
  request: ClientRequest
  /** Rejects if there is none, for whatever reason. */
  answered: Promise<IncomingMessage>
  /** A sign of life. */
  heard(): void
}

export function createBlobTransfer(clock: Clock): BlobTransfer {
  function ask(
    relay: RelayAddress,
    blob: BlobId,
    method: string,
    headers: Record<string, string | number>,
    cancellation?: Cancellation,
  ): Asked {
    const url = new URL(blobPath(blob), relay.url.replace(/^ws/, 'http'))
    const open = url.protocol === 'https:' ? httpsRequest : httpRequest
    const authorization = relay.token === undefined ? {} : { authorization: `Bearer ${relay.token}` }
    const request = open(url, { method, agent: false, headers: { ...headers, ...authorization } })
    let callOff = () => {}
    const heard = () => {
      callOff()
      callOff = clock.after(LONGEST_SILENCE, stop)
    }
    const stop = () => void request.destroy()
    cancellation?.addEventListener('abort', stop)
    request.once('close', () => {
      callOff()
      cancellation?.removeEventListener('abort', stop)
    })
    heard()
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve)
      request.once('error', reject)
      request.once('close', () => reject(new Error('closed without an answer')))
    })
    request.on('error', () => {})
    // Who does not wait for it knows of the failure in another way.
    answered.catch(() => {})
    if (cancellation?.aborted) stop()
    return { request, answered, heard }
  }

  async function held({ answered }: Asked): Promise<{ ok: true; held: number } | TransferFailure> {
    const response = await answered.catch(() => undefined)
    if (response === undefined) return { ok: false, why: 'interrupted' }
    response.resume()
    const offset = response.headers[OFFSET_HEADER]
    if (!isGood(response)) return failureOf(response)
    return typeof offset === 'string' && /^\d{1,15}$/.test(offset)
      ? { ok: true, held: Number(offset) }
      : { ok: false, why: 'refused' }
  }

  return {
    held: (relay, { blob, token }) => {
      const asked = ask(relay, blob, 'HEAD', { [TOKEN_HEADER]: hex(token) })
      asked.request.end()
      return held(asked)
    },

    send: async (relay, { blob, token }, { from, count, read }, cancellation) => {
      const headers = { [TOKEN_HEADER]: hex(token), [OFFSET_HEADER]: from, 'content-length': count }
      const asked = ask(relay, blob, 'PATCH', headers, cancellation)
      await pump(asked, read)
      return held(asked)
    },

    fetch: async (relay, blob, from, cancellation) => {
      const asked = ask(relay, blob, 'GET', from > 0 ? { range: `bytes=${from}-` } : {}, cancellation)
      asked.request.end()
      const response = await asked.answered.catch(() => undefined)
      if (response === undefined) return { ok: false, why: 'interrupted' }
      const size = isGood(response) ? sizeOf(response, from) : undefined
      if (size !== undefined) return { ok: true, size, bytes: listen(response, asked.heard) }
      response.resume()
      return isGood(response) ? { ok: false, why: 'refused' } : failureOf(response)
    },

    forget: async (relay, upload: UploadRight) => {
      const asked = ask(relay, upload.blob, 'DELETE', { [TOKEN_HEADER]: hex(upload.token) })
      asked.request.end()
      const response = await asked.answered.catch(() => undefined)
      response?.resume()
      if (response === undefined) return { ok: false, why: 'interrupted' }
      return isGood(response) ? { ok: true } : failureOf(response)
    },
  }
}

/** Until all is sent, or the relay has answered or is gone. What cannot be read ends the request, and is thrown. */
async function pump({ request, heard }: Asked, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  let isOver = false
  const over = new AbortController()
  const end = () => {
    isOver = true
    over.abort()
  }
  request.once('response', end)
  request.once('close', end)
  try {
    for await (const chunk of bytes) {
      if (isOver) return
      const taken = request.write(chunk)
      if (!taken && !isOver) await once(request, 'drain', { signal: over.signal }).catch(() => {})
      heard()
    }
    if (!isOver) request.end()
  } catch (error) {
    request.destroy()
    throw error
  }
}

async function* listen(response: IncomingMessage, heard: () => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of response) {
    heard()
    yield chunk
  }
}

function isGood({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300
}

/** Of the whole blob. Undefined: it is not what was asked for. */
function sizeOf({ statusCode, headers }: IncomingMessage, from: number): number | undefined {
  if (from === 0) return statusCode === 200 ? whole(headers['content-length']) : undefined
  const [, first, size] = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers['content-range'] ?? '') ?? []
  return statusCode === 206 && Number(first) === from ? whole(size) : undefined
}

function whole(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** Statuses after which another try makes sense, as the relay or a proxy in front of it gives them. */
const PASSING = new Set([408, 409, 425, 429, 500, 502, 503, 504])

function failureOf({ statusCode = 0, headers }: IncomingMessage): TransferFailure {
  if (statusCode === 404 || statusCode === 410) return { ok: false, why: 'no-such-blob' }
  if (statusCode === 422) return { ok: false, why: 'spoiled' }
  // A bundled relay that has moved has another token: asking where it is again may help.
  if (!PASSING.has(statusCode) && statusCode !== 401) return { ok: false, why: 'refused' }
  const seconds = whole(headers['retry-after'])
  return { ok: false, why: 'interrupted', ...(seconds !== undefined && { retryAfter: Math.min(seconds, 60) * 1000 }) }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
