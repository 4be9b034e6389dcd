// The bridge into the page: ask, and listen. Only a page that shipped with the app gets it.

import { contextBridge, ipcRenderer } from 'electron'
import { CHANGE_CHANNEL, INVOKE_CHANNEL } from '../shared/channels.ts'

const bridge = {
  invoke: (name: unknown, input: unknown): Promise<unknown> => ipcRenderer.invoke(INVOKE_CHANNEL, name, input),

  onChange(listener: (changes: unknown) => void): () => void {
    // The event stays on this side: it holds the whole of ipcRenderer.
    const hear = (_event: unknown, changes: unknown): void => listener(changes)
    ipcRenderer.on(CHANGE_CHANNEL, hear)
    return () => {
      ipcRenderer.removeListener(CHANGE_CHANNEL, hear)
    }
  },
}

if (location.origin === 'app://sotto' && window.top === window) contextBridge.exposeInMainWorld('sotto', bridge)
