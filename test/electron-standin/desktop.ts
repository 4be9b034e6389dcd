// Tray, notifications, dialogs, clipboard and shell: remembered, not shown. A test reads what was asked of the desktop.

import { record, recorded } from './record.ts'
import { asWhole, type Part, strict, strictEmitter } from './strict.ts'

export const trays: Tray[] = []
export const notifications: Notification[] = []

export class Tray extends strictEmitter('Tray') implements Part<Electron.Tray> {
  menu: Electron.Menu | null = null
  toolTip = ''

  constructor() {
    super()
    trays.push(this)
    record('Tray')
  }

  setToolTip(toolTip: string): void {
    this.toolTip = toolTip
  }

  setContextMenu(menu: Electron.Menu | null): void {
    this.menu = menu
  }

  setImage(): void {}
  setTitle(): void {}
  popUpContextMenu(): void {}
  setIgnoreDoubleClickEvents(): void {}

  isDestroyed(): boolean {
    return !trays.includes(this)
  }

  destroy(): void {
    const position = trays.indexOf(this)
    if (position >= 0) trays.splice(position, 1)
  }
}

export class Notification extends strictEmitter('Notification') implements Part<Electron.Notification> {
  readonly title: string
  readonly body: string
  readonly silent: boolean

  constructor({ title = '', body = '', silent = false }: Electron.NotificationConstructorOptions = {}) {
    super()
    this.title = title
    this.body = body
    this.silent = silent
  }

  static isSupported(): boolean {
    return true
  }

  show(): void {
    record('Notification.show', { title: this.title, body: this.body, silent: this.silent })
    notifications.push(this)
    setImmediate(() => this.emit('show'))
  }

  close(): void {
    this.emit('close')
  }
}

/** Every dialog is cancelled at once; a test that wants another answer replaces the function, as in real Electron. */
export const dialog = strict(
  'dialog',
  asWhole<Electron.Dialog>({
    async showOpenDialog(...args: unknown[]) {
      record('dialog.showOpenDialog', args.at(-1))
      return { canceled: true, filePaths: [] }
    },
    async showSaveDialog(...args: unknown[]) {
      record('dialog.showSaveDialog', args.at(-1))
      return { canceled: true, filePath: '' }
    },
    async showMessageBox(...args: unknown[]) {
      record('dialog.showMessageBox', args.at(-1))
      return { response: 0, checkboxChecked: false }
    },
    showMessageBoxSync(...args: unknown[]) {
      record('dialog.showMessageBoxSync', args.at(-1))
      return 0
    },
    showErrorBox(title, content) {
      record('dialog.showErrorBox', title, content)
      console.error(`${title}: ${content}`)
    },
  }),
)

export const shell = strict(
  'shell',
  asWhole<Electron.Shell>({
    async openExternal(url) {
      record('shell.openExternal', url)
    },
    async openPath(path) {
      record('shell.openPath', path)
      return ''
    },
    async trashItem(path) {
      record('shell.trashItem', path)
    },
    showItemInFolder: recorded('shell.showItemInFolder'),
    beep: recorded('shell.beep'),
  }),
)

let copied = ''

export const clipboard = strict(
  'clipboard',
  asWhole<Electron.Clipboard>({
    async readText() {
      return copied
    },
    async writeText(text) {
      record('clipboard.writeText')
      copied = text
    },
    clear() {
      copied = ''
    },
  }),
)

export const globalShortcut = strict(
  'globalShortcut',
  asWhole<Electron.GlobalShortcut>({
    register(accelerator) {
      record('globalShortcut.register', accelerator)
      return true
    },
    unregister: recorded('globalShortcut.unregister'),
    unregisterAll: recorded('globalShortcut.unregisterAll'),
    isRegistered: () => false,
  }),
)
