// session: records what an app forbids and allows. All sessions share one Chromium profile, which is not told.

import { protocol } from './protocol.ts'
import { record, recorded } from './record.ts'
import { type Part, strict, strictEmitter } from './strict.ts'

const webRequestEvents = [
  'onBeforeRequest',
  'onBeforeSendHeaders',
  'onHeadersReceived',
  'onBeforeRedirect',
  'onSendHeaders',
  'onResponseStarted',
  'onCompleted',
  'onErrorOccurred',
]

export class Session extends strictEmitter('session') implements Part<Omit<Electron.Session, 'webRequest'>> {
  readonly protocol = protocol
  readonly availableSpellCheckerLanguages = ['en-US']
  readonly webRequest = strict(
    'webRequest',
    Object.fromEntries(webRequestEvents.map((name) => [name, recorded(`webRequest.${name}`)])),
  )
  readonly setPermissionRequestHandler = recorded('session.setPermissionRequestHandler')
  readonly setPermissionCheckHandler = recorded('session.setPermissionCheckHandler')
  readonly setDevicePermissionHandler = recorded('session.setDevicePermissionHandler')
  readonly setUSBProtectedClassesHandler = recorded('session.setUSBProtectedClassesHandler')
  readonly setBluetoothPairingHandler = recorded('session.setBluetoothPairingHandler')
  readonly setDisplayMediaRequestHandler = recorded('session.setDisplayMediaRequestHandler')
  readonly setCertificateVerifyProc = recorded('session.setCertificateVerifyProc')
  readonly setSpellCheckerLanguages = recorded('session.setSpellCheckerLanguages')
  readonly setSpellCheckerEnabled = recorded('session.setSpellCheckerEnabled')
  readonly setSpellCheckerDictionaryDownloadURL = recorded('session.setSpellCheckerDictionaryDownloadURL')
  readonly enableNetworkEmulation = recorded('session.enableNetworkEmulation')

  async clearCache(): Promise<void> {
    record('session.clearCache')
  }

  async clearStorageData(): Promise<void> {
    record('session.clearStorageData')
  }

  async setProxy(config: Electron.ProxyConfig): Promise<void> {
    record('session.setProxy', config)
  }

  isPersistent(): boolean {
    return true
  }
}

const partitions = new Map<string, Session>()

export const session = strict('session', {
  defaultSession: new Session(),
  fromPartition(name: string): Session {
    const known = partitions.get(name) ?? new Session()
    partitions.set(name, known)
    return known
  },
})
