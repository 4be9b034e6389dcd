// The sandboxed preload: everything the conformance spec asks of the main process from inside the page.

const { contextBridge, ipcRenderer } = require('electron')

function canRequire(name) {
  try {
    require(name)
    return true
  } catch {
    return false
  }
}

contextBridge.exposeInMainWorld('conformance', {
  platform: process.platform,
  nested: { deep: { value: 1 } },
  canRequireFs: canRequire('node:fs') || canRequire('fs'),
  isSandboxed: process.sandboxed === true && process.contextIsolated === true,
  invoke: (channel, value) => ipcRenderer.invoke(channel, value),
  pushPlease: (value) => ipcRenderer.send('push-please', value),
  onPush: (listener) => {
    const heard = (_event, value) => listener(value)
    ipcRenderer.on('pushed', heard)
    return () => ipcRenderer.removeListener('pushed', heard)
  },
  fail: () => {
    throw new Error('thrown in the preload')
  },
})
