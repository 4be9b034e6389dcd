// Uploads: bytes go behind those that are there, as often as it takes, until the blob is whole [P151] [P152].

import type { IncomingMessage, ServerResponse } from 'node:http'
import { type BlobId, OFFSET_HEADER, TOKEN_HEADER } from '../../protocol/blobs.ts'
import { BLOB_RETENTION } from '../../protocol/limits.ts'
import type { AccountId, Instant } from '../../shared/ids.ts'
import type { Clock } from '../ports.ts'
import { answer, refuse } from './answer.ts'
import type { BlobStore, Upload, UploadStore } from './contract.ts'
import { readToken, sameDigest } from './digest.ts'
import { watchSlow } from './slow.ts'

export interface UploadParts {
  store: UploadStore
  blobs: BlobStore
  clock: Clock
  received(bytes: number): void
}

export interface Uploads {
  /** How far it is. */
  head(request: IncomingMessage, response: ServerResponse, blob: BlobId): Promise<void>
  patch(request: IncomingMessage, response: ServerResponse, blob: BlobId): Promise<void>
  /** Has it forgotten, whole or not. */
  remove(request: IncomingMessage, response: ServerResponse, blob: BlobId): Promise<void>
}

interface OwnUpload extends Upload {
  account: AccountId
}

export function createUploads({ store, blobs, clock, received }: UploadParts): Uploads {
  /** Who writes to a blob now. Whoever comes later takes over: the connection before may be half-open. */
  const writing = new Map<BlobId, { stop(): void; done: Promise<unknown> }>()

  /** Undefined: there is none, it is not theirs, or its time is over. */
  async function find({ headers }: IncomingMessage, blob: BlobId): Promise<OwnUpload | undefined> {
    const token = readToken(String(headers[TOKEN_HEADER] ?? ''))
    if (token === undefined) return undefined
    const upload = await store.findUpload(token.account, blob)
    if (upload === undefined || !sameDigest(upload.tokenDigest, token.tokenDigest)) return undefined
    return upload.expiresAt > clock.now() ? { ...upload, account: token.account } : undefined
  }

  /** One after the other for each blob. */
  async function alone(blob: BlobId, stop: () => void, work: () => Promise<void>): Promise<void> {
    for (let before = writing.get(blob); before !== undefined; before = writing.get(blob)) {
      before.stop()
      await before.done
    }
    const done = work()
    writing.set(blob, { stop, done: done.catch(() => {}) })
    await done.finally(() => writing.delete(blob))
  }

  async function write(request: IncomingMessage, response: ServerResponse, upload: OwnUpload): Promise<void> {
    const { account, blob, size, isWhole } = upload
    const held = isWhole ? size : await blobs.held(blob)
    const offset = { [OFFSET_HEADER]: held }
    if (request.headers[OFFSET_HEADER] !== String(held)) return refuse(response, 'wrong-offset', offset)
    if (Number(request.headers['content-length'] ?? 0) > size - held) return refuse(response, 'too-long', offset)
    if (isWhole) return answer(response, 204, offset)
    const appended = await blobs.append(upload, held, patiently(request, clock, received))
    if (appended.outcome === 'spoiled') {
      await store.forgetUpload(account, blob)
      return refuse(response, 'spoiled')
    }
    if (appended.outcome === 'partial') return answer(response, 204, { [OFFSET_HEADER]: appended.held })
    if (await store.setWhole(account, blob, (clock.now() + BLOB_RETENTION) as Instant))
      return answer(response, 204, { [OFFSET_HEADER]: size })
    // Forgotten while it was on its way, with its account.
    await blobs.remove(blob)
    refuse(response, 'no-such-blob')
  }

  return {
    head: async (request, response, blob) => {
      const upload = await find(request, blob)
      if (upload === undefined) return refuse(response, 'no-such-blob')
      const held = upload.isWhole ? upload.size : await blobs.held(blob)
      answer(response, 200, { [OFFSET_HEADER]: held, 'content-length': 0 })
    },

    patch: async (request, response, blob) => {
      if ((await find(request, blob)) === undefined) return refuse(response, 'no-such-blob')
      const stop = () => request.destroy()
      await alone(blob, stop, async () => {
        // Looked at again: it may have become whole, or gone, while this one waited for its turn.
        const upload = await find(request, blob)
        if (upload === undefined) return refuse(response, 'no-such-blob')
        await write(request, response, upload)
      })
    },

    remove: async (request, response, blob) => {
      const upload = await find(request, blob)
      if (upload === undefined) return refuse(response, 'no-such-blob')
      await alone(
        blob,
        () => {},
        async () => {
          await blobs.remove(blob)
          await store.forgetUpload(upload.account, blob)
        },
      )
      answer(response, 204)
    },
  }
}

/** The body as it comes; who is too slow is cut off. */
async function* patiently(
  request: IncomingMessage,
  clock: Clock,
  received: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const slow = watchSlow(clock, () => request.destroy())
  const body = request[Symbol.asyncIterator]()
  for (;;) {
    const next = await slow.wait(body.next())
    if (next.done) return
    const chunk: Uint8Array = next.value
    slow.moved(chunk.length)
    received(chunk.length)
    yield chunk
  }
}
