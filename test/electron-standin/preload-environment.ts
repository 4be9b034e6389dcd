// What a sandboxed preload script sees: a `require` that knows only `electron`, a small `process`, and ipcRenderer.
// The function runs, as text, in the preload's isolated world.

import type { Codec } from './codec.ts'
import type { Bridge } from './context-bridge.ts'
import type { FromPreload, ToPreload } from './ipc-message.ts'

/** The names under which the main process and the isolated world call each other. */
interface IpcWorld {
  standinSend(message: string): void
  standinReceive(message: string): void
}

export type RunPreload = (
  require: (name: string) => unknown,
  module: { exports: object },
  exports: object,
  process: object,
  global: object,
  location: object,
) => void

export function runInPreloadEnvironment(bridge: Bridge, codec: Codec, processFacts: object, run: RunPreload): void {
  type Listener = (event: object, ...args: unknown[]) => void
  type Pending = { resolve: (value: unknown) => void; reject: (error: Error) => void }
  const world = globalThis as typeof globalThis & IpcWorld
  const post = world.standinSend
  const listeners = new Map<string, Listener[]>()
  const pending = new Map<number, Pending>()
  let lastId = 0

  const unsupported = (name: string) => (): never => {
    throw new Error(`stand-in: ${name} is not supported`)
  }
  const send = (message: FromPreload): void => post(codec.encode(message))

  const ipcRenderer = {
    on(channel: string, listener: Listener) {
      listeners.set(channel, [...(listeners.get(channel) ?? []), listener])
      return ipcRenderer
    },
    once(channel: string, listener: Listener) {
      const once: Listener = (...args) => {
        ipcRenderer.removeListener(channel, once)
        listener(...args)
      }
      return ipcRenderer.on(channel, once)
    },
    removeListener(channel: string, listener: Listener) {
      const left = listeners.get(channel)?.filter((other) => other !== listener)
      listeners.set(channel, left ?? [])
      return ipcRenderer
    },
    removeAllListeners(channel?: string) {
      if (channel === undefined) listeners.clear()
      else listeners.delete(channel)
      return ipcRenderer
    },
    addListener: (channel: string, listener: Listener) => ipcRenderer.on(channel, listener),
    off: (channel: string, listener: Listener) => ipcRenderer.removeListener(channel, listener),
    listenerCount: (channel: string) => listeners.get(channel)?.length ?? 0,
    send: (channel: string, ...args: unknown[]) => send({ kind: 'send', channel, args }),
    invoke: (channel: string, ...args: unknown[]) =>
      new Promise((resolve, reject) => {
        const id = ++lastId
        send({ kind: 'invoke', id, channel, args })
        pending.set(id, { resolve, reject })
      }),
    sendSync: unsupported('ipcRenderer.sendSync'),
    postMessage: unsupported('ipcRenderer.postMessage'),
  }

  const receive = (message: ToPreload): void => {
    if (message.kind === 'push') {
      const event = { sender: ipcRenderer, ports: [] }
      for (const listener of listeners.get(message.channel) ?? []) listener(event, ...message.args)
      return
    }
    const promise = pending.get(message.id)
    pending.delete(message.id)
    if (message.kind === 'failure') promise?.reject(message.error)
    else promise?.resolve(message.value)
  }
  world.standinReceive = (text) => receive(codec.decode(text) as ToPreload)

  const electron = {
    ipcRenderer,
    contextBridge: {
      exposeInMainWorld: bridge.expose,
      exposeInIsolatedWorld: unsupported('contextBridge.exposeInIsolatedWorld'),
    },
    webFrame: { setZoomFactor() {}, setVisualZoomLevelLimits() {}, getZoomFactor: () => 1 },
    webUtils: { getPathForFile: unsupported('webUtils.getPathForFile') },
  }
  const require = (name: string): unknown => {
    if (/^electron(\/(renderer|common))?$/.test(name)) return electron
    throw new Error(`module not found: ${name}`)
  }
  const process = {
    ...processFacts,
    type: 'renderer',
    sandboxed: true,
    contextIsolated: true,
    on() {},
    once() {},
    nextTick: (task: (...args: unknown[]) => void, ...args: unknown[]) => queueMicrotask(() => task(...args)),
  }
  const module = { exports: {} }
  run(require, module, module.exports, process, globalThis, appLocation())

  /** Where the page is, in the app's own scheme. A preload may ask it before it shows the page anything. */
  function appLocation(): object {
    const [, host, scheme] = /^https:\/\/([^/]*)\.([a-z0-9+-]+)\.standin\.test\//.exec(location.href) ?? []
    if (scheme === undefined) return location
    const { pathname, search, hash } = location
    const origin = `${scheme}://${host}`
    const href = `${origin}${pathname}${search}${hash}`
    return { href, origin, protocol: `${scheme}:`, host, hostname: host, port: '', pathname, search, hash }
  }
}
