// The door for blobs: what comes over HTTP to /blobs, and how much of it at once.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { blobAt, TOKEN_HEADER } from '../../protocol/blobs.ts'
import { whereThrown } from '../../shared/thrown.ts'
import type { Limit } from '../limits.ts'
import type { Log } from '../ports.ts'
import { StoreUnavailable } from '../store.ts'
import { refuse } from './answer.ts'
import { download } from './download.ts'
import { createUploads, type UploadParts } from './upload.ts'

export interface BlobDoorParts extends UploadParts {
  log: Log
  /** By address. */
  transfers: Limit
  mostTransfers: number
  sent(bytes: number): void
  answered(method: string, status: number): void
}

export interface BlobDoor {
  /** Takes every request it is given to its end. */
  serve(request: IncomingMessage, response: ServerResponse, address: string): void
  /** Cuts off who is being served, and resolves when the stores are left alone. */
  close(): Promise<void>
}

const METHODS = ['GET', 'HEAD', 'PATCH', 'DELETE']

export function createBlobDoor(parts: BlobDoorParts): BlobDoor {
  const { log, transfers, mostTransfers, answered } = parts
  const uploads = createUploads(parts)
  const underWay = new Map<ServerResponse, Promise<void>>()
  let closed = false

  async function route(request: IncomingMessage, response: ServerResponse, address: string): Promise<void> {
    if (closed || underWay.size >= mostTransfers) return refuse(response, 'unavailable', { 'retry-after': '5' })
    const wait = transfers.take(address)
    if (wait > 0) return refuse(response, 'rate-limited', { 'retry-after': String(Math.ceil(wait / 1000)) })
    const blob = blobAt(request.url ?? '')
    if (blob === undefined) return refuse(response, 'no-such-blob')
    switch (request.method) {
      case 'GET':
        return download(parts, request, response, blob)
      case 'HEAD':
        if (TOKEN_HEADER in request.headers) return uploads.head(request, response, blob)
        return download(parts, request, response, blob)
      case 'PATCH':
        return uploads.patch(request, response, blob)
      case 'DELETE':
        return uploads.remove(request, response, blob)
      default:
        return refuse(response, 'no-such-method', { allow: METHODS.join(', ') })
    }
  }

  function failed(error: unknown, response: ServerResponse): void {
    if (error instanceof StoreUnavailable) log.warn('blobs unavailable')
    else log.error('blob request failed', whereThrown(error))
    if (response.headersSent) response.destroy()
    else refuse(response, 'unavailable', { 'retry-after': '5' })
  }

  return {
    serve: (request, response, address) => {
      request.on('error', () => {})
      response.on('error', () => {})
      const served = route(request, response, address)
        .catch((error: unknown) => failed(error, response))
        .finally(() => {
          underWay.delete(response)
          const method = METHODS.includes(request.method ?? '') ? (request.method ?? '') : 'other'
          answered(method.toLowerCase(), response.statusCode)
        })
      underWay.set(response, served)
    },
    close: async () => {
      closed = true
      for (const response of underWay.keys()) response.destroy()
      await Promise.all(underWay.values())
    },
  }
}
