// The app's own schemes as Chromium sees them: it refuses unknown schemes, so app://bundle/x travels as https.

const reserved = 'standin.test'

/** What `protocol.handle` was given, by scheme. */
export const schemeHandlers = new Map<string, (request: Request) => Response | Promise<Response>>()

/** app://bundle/x becomes https://bundle.app.standin.test/x, once app is a handled scheme. */
export function toChromium(url: string): string {
  const [, scheme = '', host = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i.exec(url) ?? []
  return schemeHandlers.has(scheme) ? `https://${host || 'host'}.${scheme}.${reserved}${rest || '/'}` : url
}

export function fromChromium(url: string): string {
  const [, host, scheme, rest] = /^https:\/\/([^/]*)\.([a-z0-9+-]+)\.standin\.test(.*)$/.exec(url) ?? []
  return scheme === undefined ? url : `${scheme}://${host}${rest}`
}

/** The origin as Electron reports it: scheme and host of a standard scheme, 'null' of a blank or data page. */
export function originOf(url: string): string {
  return /^([a-z][a-z0-9+.-]*:\/\/[^/?#]*)/i.exec(url)?.[1] ?? 'null'
}
