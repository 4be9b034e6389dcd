// Answers what a page requests under the app's own scheme with the app's `protocol.handle`; everything else goes on.

import { fromChromium, schemeHandlers } from './page-address.ts'
import { record } from './record.ts'

/** Chromium's `Fetch.requestPaused`. */
export interface PausedRequest {
  readonly requestId: string
  readonly frameId: string
  readonly resourceType: string
  readonly redirectedRequestId?: string
  readonly request: {
    readonly url: string
    readonly method: string
    readonly headers: Record<string, string>
    readonly postDataEntries?: readonly { readonly bytes?: string }[]
  }
}

/** The protocol call that settles the request. */
export interface RequestAnswer {
  readonly method: string
  readonly params: object
}

export async function answerRequest(paused: PausedRequest): Promise<RequestAnswer> {
  const { requestId, request } = paused
  const url = fromChromium(request.url)
  const handler = url === request.url ? undefined : schemeHandlers.get(url.slice(0, url.indexOf(':')))
  if (!handler) return { method: 'Fetch.continueRequest', params: { requestId } }
  try {
    const response = await handler(
      new Request(url, { method: request.method, headers: request.headers, ...body(paused) }),
    )
    const bytes = await response.arrayBuffer()
    return {
      method: 'Fetch.fulfillRequest',
      params: {
        requestId,
        responseCode: response.status || 200,
        responseHeaders: [...response.headers].map(([name, value]) => ({ name, value })),
        body: Buffer.from(bytes).toString('base64'),
      },
    }
  } catch (error) {
    record('protocol-error', url, String(error))
    return { method: 'Fetch.failRequest', params: { requestId, errorReason: 'Failed' } }
  }
}

function body({ request }: PausedRequest): { body?: Uint8Array<ArrayBuffer> } {
  const { postDataEntries } = request
  if (!postDataEntries) return {}
  return { body: Buffer.concat(postDataEntries.map(({ bytes }) => Buffer.from(bytes ?? '', 'base64'))) }
}
