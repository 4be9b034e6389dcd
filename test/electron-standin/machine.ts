// Screen, power, network and safe storage: one plain machine that never sleeps.

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { app } from './app.ts'
import { record, recorded } from './record.ts'
import { asWhole, type Part, strict, strictEmitter } from './strict.ts'

const area = { x: 0, y: 0, width: 1280, height: 800 }
const size = { width: area.width, height: area.height }
const display = strict(
  'Display',
  asWhole<Electron.Display>({
    id: 1,
    bounds: area,
    workArea: area,
    size,
    workAreaSize: size,
    scaleFactor: 1,
    rotation: 0,
  }),
)

class Screen extends strictEmitter('screen') implements Part<Electron.Screen> {
  getPrimaryDisplay(): Electron.Display {
    return display
  }

  getAllDisplays(): Electron.Display[] {
    return [display]
  }

  getDisplayMatching(): Electron.Display {
    return display
  }

  getDisplayNearestPoint(): Electron.Display {
    return display
  }

  getCursorScreenPoint(): Electron.Point {
    return { x: 0, y: 0 }
  }
}

class PowerMonitor extends strictEmitter('powerMonitor') implements Part<Electron.PowerMonitor> {
  readonly onBatteryPower = false

  getSystemIdleTime(): number {
    return 0
  }

  getSystemIdleState(): 'active' {
    return 'active'
  }

  isOnBatteryPower(): boolean {
    return false
  }
}

export const screen = new Screen()
export const powerMonitor = new PowerMonitor()

export const powerSaveBlocker = strict(
  'powerSaveBlocker',
  asWhole<Electron.PowerSaveBlocker>({ start: () => 1, stop: () => true, isStarted: () => false }),
)

export const crashReporter = strict(
  'crashReporter',
  asWhole<Electron.CrashReporter>({ start: recorded('crashReporter.start') }),
)

export const net = strict(
  'net',
  asWhole<Electron.Net>({
    online: true,
    isOnline: () => true,
    /** Node's fetch, and files, which Electron's fetches too. */
    async fetch(input, init) {
      const url = typeof input === 'string' ? input : input.url
      record('net.fetch', url)
      return url.startsWith('file:') ? new Response(await readFile(fileURLToPath(url))) : fetch(url, init)
    },
  }),
)

/** Encrypts with a key that lies in the profile: a place to develop, never to keep a secret. */
export const safeStorage = strict(
  'safeStorage',
  asWhole<Electron.SafeStorage>({
    isEncryptionAvailable: () => true,
    getSelectedStorageBackend: () => 'basic_text',
    encryptString(text) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', storageKey(), nonce)
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
    },
    decryptString(sealed) {
      const decipher = createDecipheriv('aes-256-gcm', storageKey(), sealed.subarray(0, 12))
      decipher.setAuthTag(sealed.subarray(12, 28))
      return decipher.update(sealed.subarray(28), undefined, 'utf8') + decipher.final('utf8')
    },
  }),
)

function storageKey(): Buffer {
  const path = join(app.getPath('userData'), 'standin-safe-storage.key')
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, randomBytes(32), { mode: 0o600 })
  }
  return readFileSync(path)
}
