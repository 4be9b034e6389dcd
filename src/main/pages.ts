// Answers app://sotto/… with the files of the window, and with nothing else on this computer.

import { type Dirent, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'

/** The only origin that a window of ours may have. */
export const ORIGIN = 'app://sotto'

/** The page has what ships with it: no other scripts or styles, no frames, no forms, no network at all. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "font-src 'self'",
  "connect-src 'none'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
}

const headers = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

/**
 * A handler for the scheme. Which addresses exist is settled here, once, by looking into the folder: a request is looked
 * up, never turned into a path, so that there is nothing for `..` to climb out of. Links in the folder are left out.
 */
export function servePages(folder: string): (request: Request) => Promise<Response> {
  const files = listPages(folder)
  return async (request) => {
    if (request.method !== 'GET') return new Response(null, { status: 405, headers })
    const path = pathOf(request.url)
    const file = path === undefined ? undefined : files.get(path)
    if (file === undefined) return new Response(null, { status: 404, headers })
    return new Response(new Uint8Array(await readFile(file.path)), {
      headers: { ...headers, 'content-type': file.type },
    })
  }
}

/** `/assets/index.js` and the like → where it lies. Files of a type that the window has no use for are not served. */
function listPages(folder: string): ReadonlyMap<string, { path: string; type: string }> {
  const pages = new Map<string, { path: string; type: string }>()
  const walk = (inside: string, address: string): void => {
    const entries: Dirent[] = readdirSync(inside, { withFileTypes: true })
    for (const entry of entries) {
      const path = join(inside, entry.name)
      if (entry.isDirectory()) walk(path, `${address}${entry.name}/`)
      const type = types[extname(entry.name)]
      if (entry.isFile() && type !== undefined) pages.set(`${address}${entry.name}`, { path, type })
    }
  }
  walk(folder, '/')
  return pages
}

/** The path of an address of ours as it was written: what was encoded or folded to look like another one is none. */
function pathOf(address: string): string | undefined {
  if (!address.startsWith(`${ORIGIN}/`)) return undefined
  const path = address.slice(ORIGIN.length).replace(/[?#].*$/s, '')
  return path === '/' ? '/index.html' : path
}
