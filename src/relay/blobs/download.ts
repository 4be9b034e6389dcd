// Downloads: whoever knows the id of a whole blob gets it, or a part of it [P153].

import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BlobId } from '../../protocol/blobs.ts'
import type { Clock } from '../ports.ts'
import { begin, refuse } from './answer.ts'
import type { BlobStore } from './contract.ts'
import { watchSlow } from './slow.ts'

export interface DownloadParts {
  blobs: BlobStore
  clock: Clock
  sent(bytes: number): void
}

/** Answers GET, and HEAD without the bytes. */
export async function download(
  { blobs, clock, sent }: DownloadParts,
  { method, headers }: IncomingMessage,
  response: ServerResponse,
  blob: BlobId,
): Promise<void> {
  const size = await blobs.find(blob)
  if (size === undefined) return refuse(response, 'no-such-blob')
  const range = readRange(headers.range, size)
  if (range === 'none') return refuse(response, 'no-such-range', { 'content-range': `bytes */${size}` })
  const { first, last } = range ?? { first: 0, last: size - 1 }
  begin(response, range === undefined ? 200 : 206, {
    'content-type': 'application/octet-stream',
    'content-length': last - first + 1,
    'accept-ranges': 'bytes',
    ...(range && { 'content-range': `bytes ${first}-${last}/${size}` }),
  })
  if (method === 'HEAD') return void response.end()
  const slow = watchSlow(clock, () => response.destroy())
  const gone = new AbortController()
  const closed = new Promise<void>((resolve) => response.once('close', resolve))
  response.once('close', () => gone.abort())
  try {
    for await (const chunk of blobs.read(blob, first, last)) {
      const taken = response.write(chunk)
      if (!taken && !response.destroyed) await slow.wait(once(response, 'drain', { signal: gone.signal }))
      if (response.destroyed) return
      slow.moved(chunk.length)
      sent(chunk.length)
    }
    response.end()
    await slow.wait(closed)
  } catch (error) {
    // Its length was promised: whoever gets less knows. That they left is no fault of ours.
    response.destroy()
    if (!gone.signal.aborted) throw error
  }
}

/** One range, as RFC 9110 has it; undefined for what is none, which is then passed over. */
function readRange(header: string | undefined, size: number): { first: number; last: number } | 'none' | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (from === '' && to === '') return undefined
  if (from === '') return Number(to) === 0 ? 'none' : { first: Math.max(0, size - Number(to)), last: size - 1 }
  const last = to === '' ? size - 1 : Math.min(Number(to), size - 1)
  if (Number(from) >= size) return 'none'
  return last < Number(from) ? undefined : { first: Number(from), last }
}
