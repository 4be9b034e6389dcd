// BrowserWindow: a real Chromium app window. Chromium has no hidden windows, so to hide is to minimise.

import { app } from './app.ts'
import type { WindowPlace } from './chromium.ts'
import { makeEvent } from './event.ts'
import { nativeTheme } from './native-theme.ts'
import { openWindows } from './open-windows.ts'
import { blankPage } from './page.ts'
import { record } from './record.ts'
import { type Part, strictEmitter } from './strict.ts'
import { WebContents } from './web-contents.ts'

type Shape = 'normal' | 'minimized' | 'maximized'
type WindowOptions = Electron.BrowserWindowConstructorOptions

let lastId = 0

export class BrowserWindow
  extends strictEmitter('BrowserWindow')
  implements Part<Omit<Electron.BrowserWindow, 'webContents'>>
{
  readonly id = ++lastId
  readonly webContents: WebContents
  #place: WindowPlace
  #shape: Shape = 'normal'
  #isVisible: boolean
  #isFocused = false
  #isDestroyed = false
  #title: string

  constructor(options: WindowOptions = {}) {
    super()
    const chromium = app.chromium
    const { width = 800, height = 600, x = 0, y = 0, webPreferences: preferences = {} } = options
    this.#place = { x, y, width, height }
    this.#isVisible = options.show !== false
    this.#title = options.title ?? app.getName()
    const owner = {
      id: this.id,
      preferences,
      isDestroyed: () => this.isDestroyed(),
      isFocused: () => this.isFocused(),
      focus: () => this.focus(),
      close: () => this.close(),
    }
    this.webContents = new WebContents(chromium, owner)
    this.webContents.once('did-finish-load', () => this.emit('ready-to-show'))
    this.webContents.on('page-title-updated', (_event, title: string) => {
      this.#title = title
      this.emit('page-title-updated', makeEvent(), title, true)
    })
    openWindows.set(this.id, this)
    chromium.openWindow(blankPage(this.id), this.#place)
    app.emit('browser-window-created', makeEvent(), this)
    app.emit('web-contents-created', makeEvent(), this.webContents)
  }

  static getAllWindows(): BrowserWindow[] {
    return [...openWindows.values()]
  }

  static getFocusedWindow(): BrowserWindow | null {
    return BrowserWindow.getAllWindows().find((window) => window.isFocused()) ?? null
  }

  static fromWebContents(contents: WebContents): BrowserWindow | null {
    return BrowserWindow.getAllWindows().find((window) => window.webContents === contents) ?? null
  }

  static fromId(id: number): BrowserWindow | null {
    return openWindows.get(id) ?? null
  }

  get targetId(): string {
    return this.webContents.page.targetId
  }

  /** Chromium has opened our window: sets its page up and lets it run. */
  async attach(session: string, targetId: string): Promise<void> {
    await this.webContents.page.attach(session, targetId, nativeTheme.themeSource)
    // The running Chromium heeds neither size nor position of a window that another one asks it for.
    this.setBounds({})
  }

  /** The next address our page asked to open in another window. */
  nextWantedWindow(): string | undefined {
    return this.webContents.page.wantsToOpen.shift()
  }

  setColorScheme(scheme: string): void {
    this.webContents.page.setColorScheme(scheme)
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url)
  }

  loadFile(path: string, options?: Electron.LoadFileOptions): Promise<void> {
    return this.webContents.loadFile(path, options)
  }

  reload(): void {
    this.webContents.reload()
  }

  capturePage(): Promise<Electron.NativeImage> {
    return this.webContents.capturePage()
  }

  close(): void {
    if (this.askToClose()) this.destroy()
  }

  /** Answers false if the app prevents it. */
  askToClose(): boolean {
    const event = makeEvent()
    this.emit('close', event)
    return !event.defaultPrevented
  }

  destroy(): void {
    if (this.#isDestroyed) return
    this.webContents.page.close()
    this.gone()
  }

  /** The window is no more: closed by us, by a person, or with Chromium itself. */
  gone(): void {
    if (this.#isDestroyed) return
    this.#isDestroyed = true
    this.webContents.page.close()
    openWindows.delete(this.id)
    this.webContents.emit('destroyed')
    this.emit('closed')
    app.windowClosed()
  }

  isDestroyed(): boolean {
    return this.#isDestroyed
  }

  show(): void {
    this.#isVisible = true
    this.emit('show')
    this.focus()
  }

  showInactive(): void {
    this.#isVisible = true
    this.emit('show')
  }

  hide(): void {
    this.#isVisible = false
    this.#isFocused = false
    this.#setShape('minimized')
    this.emit('hide')
  }

  focus(): void {
    if (this.#shape === 'minimized') this.#setShape('normal')
    this.webContents.page.send('Page.bringToFront').catch(() => undefined)
    if (this.#isFocused) return
    for (const other of openWindows.values()) if (other.#isFocused) other.blur()
    this.#isFocused = true
    this.emit('focus')
    app.emit('browser-window-focus', makeEvent(), this)
  }

  blur(): void {
    this.#isFocused = false
    this.emit('blur')
    app.emit('browser-window-blur', makeEvent(), this)
  }

  minimize(): void {
    this.#setShape('minimized')
    this.emit('minimize')
  }

  maximize(): void {
    this.#setShape('maximized')
    this.emit('maximize')
  }

  unmaximize(): void {
    this.#setShape('normal')
    this.emit('unmaximize')
  }

  restore(): void {
    this.#setShape('normal')
    this.emit('restore')
  }

  isVisible(): boolean {
    return this.#isVisible
  }

  isFocused(): boolean {
    return this.#isFocused
  }

  isMinimized(): boolean {
    return this.#shape === 'minimized'
  }

  isMaximized(): boolean {
    return this.#shape === 'maximized'
  }

  isFullScreen(): boolean {
    return false
  }

  getBounds(): Electron.Rectangle {
    return { ...this.#place }
  }

  getNormalBounds(): Electron.Rectangle {
    return this.getBounds()
  }

  getContentBounds(): Electron.Rectangle {
    return this.getBounds()
  }

  getSize(): number[] {
    return [this.#place.width, this.#place.height]
  }

  setSize(width: number, height: number): void {
    this.setBounds({ width, height })
  }

  setContentSize(width: number, height: number): void {
    this.setSize(width, height)
  }

  getPosition(): number[] {
    return [this.#place.x, this.#place.y]
  }

  setPosition(x: number, y: number): void {
    this.setBounds({ x, y })
  }

  setBounds(bounds: Partial<Electron.Rectangle>): void {
    this.#place = { ...this.#place, ...bounds }
    const { x, y, width, height } = this.#place
    this.#setWindowBounds({ left: x, top: y, width, height })
    this.emit('resize')
  }

  center(): void {}

  getTitle(): string {
    return this.#title
  }

  setTitle(title: string): void {
    this.#title = title
    this.webContents.page.evaluate(`document.title = ${JSON.stringify(title)}`).catch(() => undefined)
  }

  setMenu(): void {}
  removeMenu(): void {}
  setMenuBarVisibility(): void {}
  setAutoHideMenuBar(): void {}
  setIcon(): void {}
  setBackgroundColor(): void {}
  setMinimumSize(): void {}
  setTitleBarOverlay(): void {}

  setContentProtection(enabled: boolean): void {
    record('window.setContentProtection', enabled)
  }

  flashFrame(flag: boolean): void {
    record('window.flashFrame', flag)
  }

  setOverlayIcon(_image: unknown, description: string): void {
    record('window.setOverlayIcon', description)
  }

  setProgressBar(progress: number): void {
    record('window.setProgressBar', progress)
  }

  #setShape(shape: Shape): void {
    this.#shape = shape
    this.#setWindowBounds({ windowState: shape })
  }

  #setWindowBounds(bounds: object): void {
    this.webContents.page
      .send<{ windowId: number }>('Browser.getWindowForTarget')
      .then(({ windowId }) => this.webContents.page.send('Browser.setWindowBounds', { windowId, bounds }))
      .catch(() => undefined) // the window was closed meanwhile
  }
}
