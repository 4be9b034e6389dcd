// Registers app:// as the scheme that our window is loaded from.

import type { Protocol } from 'electron'
import { servePages } from './pages.ts'

/** Before the app is ready: the scheme behaves as https does, with an origin of its own, and not as a local file. */
export function announceScheme(protocol: Protocol): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: 'app', privileges: { standard: true, secure: true, codeCache: true } },
  ])
}

export function serveScheme(protocol: Protocol, folder: string): void {
  protocol.handle('app', servePages(folder))
}
