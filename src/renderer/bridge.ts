// The window's only way out: the two functions the preload exposes, typed by the contract.

import type { Client } from '../shared/api.ts'

declare global {
  interface Window {
    readonly sotto: Client
  }
}

/** Looked up at each call, so that importing this module needs no window. */
export const client: Client = {
  invoke: (name, input) => window.sotto.invoke(name, input),
  onChange: (listener) => window.sotto.onChange(listener),
}
