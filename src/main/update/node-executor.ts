// How electron-updater reaches the network: as all of the app does, with Node. Chromium has no way out of here.

import { type ClientRequest, type IncomingMessage, request as plainRequest, type RequestOptions } from 'node:http'
import { request } from 'node:https'
import { configureRequestOptions, configureRequestUrl, type DownloadOptions, HttpExecutor } from 'builder-util-runtime'

export class NodeExecutor extends HttpExecutor<ClientRequest> {
  readonly #loopback: boolean

  /** @param loopback lets it speak without TLS to this computer, for tests */
  constructor(loopback = false) {
    super()
    this.#loopback = loopback
  }

  override createRequest(options: RequestOptions, callback: (response: IncomingMessage) => void): ClientRequest {
    const once: RequestOptions = { ...options, agent: false }
    if (options.protocol === 'https:') return request(once, callback)
    if (this.#loopback && options.hostname === '127.0.0.1') return plainRequest(once, callback)
    throw new Error('updates come over TLS only')
  }

  /** Called by electron-updater. Rejects unless the whole file came, with the SHA-512 that `options` has. */
  download(url: URL, destination: string, options: DownloadOptions): Promise<string> {
    return options.cancellationToken.createPromise((resolve, reject, onCancel) => {
      const asked: RequestOptions = options.headers ? { headers: options.headers } : {}
      configureRequestUrl(url, asked)
      configureRequestOptions(asked)
      const callback = (error?: Error | null): void => (error ? reject(error) : resolve(destination))
      this.doDownload(asked, { destination, options, onCancel, callback, responseHandler: null }, 0)
    })
  }
}
