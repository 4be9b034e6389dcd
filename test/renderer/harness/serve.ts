// Builds the window with the scripted engine and serves it on loopback under the policy of the release.

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import reactPlugin from '@vitejs/plugin-react'
import { build } from 'vite'

export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; connect-src 'none'; " +
  "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.woff2': 'font/woff2',
}

export interface ServedWindow {
  readonly url: string
  close(): Promise<void>
}

/** With React's own checks, whose complaints are printed to the console. */
export function serveHarness(): Promise<ServedWindow> {
  return serve(new URL('.', import.meta.url), 'development')
}

/** The window as it is released, without an engine. */
export function serveRelease(): Promise<ServedWindow> {
  return serve(new URL('../../../src/renderer/', import.meta.url), 'production')
}

async function serve(root: URL, react: 'development' | 'production'): Promise<ServedWindow> {
  const folder = await mkdtemp(join(tmpdir(), 'sotto-window-'))
  // Vite asks the environment which React to take, and a test runner says neither of the two there.
  const environment = process.env.NODE_ENV
  process.env.NODE_ENV = react
  await build({
    configFile: false,
    logLevel: 'warn',
    root: fileURLToPath(root),
    plugins: [reactPlugin()],
    build: {
      outDir: folder,
      emptyOutDir: true,
      assetsInlineLimit: 0,
      target: 'esnext',
      modulePreload: false,
      // One sheet, in the order in which it is written.
      cssCodeSplit: false,
      chunkSizeWarningLimit: 2048,
    },
  })
  process.env.NODE_ENV = environment
  const server = createServer((request, response) => {
    if (request.url === '/favicon.ico') {
      response.writeHead(204).end()
      return
    }
    const path = normalize(new URL(request.url ?? '/', 'http://window').pathname)
    const file = join(folder, path === '/' ? 'index.html' : path)
    readFile(file).then(
      (bytes) => {
        response.writeHead(200, {
          'content-type': types[extname(file)] ?? 'application/octet-stream',
          'content-security-policy': POLICY,
          'x-content-type-options': 'nosniff',
        })
        response.end(bytes)
      },
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    url: `http://127.0.0.1:${address.port}/`,
    close: async () => {
      await new Promise((closed) => server.close(closed))
      await rm(folder, { recursive: true })
    },
  }
}
