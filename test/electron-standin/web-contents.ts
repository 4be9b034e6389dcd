// webContents: a window's page as the app's main process knows it.

import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Chromium } from './chromium.ts'
import { makeEvent } from './event.ts'
import { encodePush, receiveFromPreload } from './ipc-main.ts'
import { launch } from './launch.ts'
import { type NativeImage, nativeImage } from './native-image.ts'
import { openWindows } from './open-windows.ts'
import { Page, type PageListener } from './page.ts'
import { record } from './record.ts'
import { type Session, session } from './session.ts'
import { type Part, strict, strictEmitter } from './strict.ts'
import { makeMainFrame } from './web-frame.ts'

type WindowOpenHandler = (details: Electron.HandlerDetails) => Electron.WindowOpenHandlerResponse

/** Members that are themselves only parts of what Electron's types promise. */
type Loose = 'session' | 'navigationHistory'

/** What its window lends a webContents. */
export interface ContentsOwner {
  readonly id: number
  readonly preferences: Electron.WebPreferences
  isDestroyed(): boolean
  isFocused(): boolean
  focus(): void
  close(): void
}

export class WebContents extends strictEmitter('webContents') implements Part<Omit<Electron.WebContents, Loose>> {
  readonly id: number
  readonly session: Session
  readonly mainFrame: Electron.WebFrameMain
  readonly navigationHistory = strict('navigationHistory', {
    canGoBack: () => false,
    canGoForward: () => false,
    clear() {},
  })
  /** For the window that shows it; the app has no business with it. */
  readonly page: Page
  readonly #owner: ContentsOwner
  #url = ''
  #title = ''
  #openHandler: WindowOpenHandler | undefined
  #zoomFactor = 1

  constructor(chromium: Chromium, owner: ContentsOwner) {
    super()
    const { partition } = owner.preferences
    this.id = owner.id
    this.session = partition === undefined ? session.defaultSession : session.fromPartition(partition)
    this.mainFrame = makeMainFrame(owner.id, () => this.#url)
    this.#owner = owner
    this.page = new Page(chromium, owner.preferences, this.#listener())
  }

  send(channel: string, ...args: unknown[]): void {
    this.page.deliver(encodePush(channel, args))
  }

  setWindowOpenHandler(handler: WindowOpenHandler): void {
    this.#openHandler = handler
  }

  /** Tells the app that its page wants another window. Windows the app would allow are not implemented. */
  askToOpen(url: string): void {
    const details = {
      url,
      frameName: '',
      features: '',
      disposition: 'new-window',
      referrer: { url: '', policy: 'default' },
    }
    const answer = this.#openHandler?.(details as Electron.HandlerDetails) ?? { action: 'allow' }
    record('window-open', url, answer.action)
    if (answer.action === 'allow') console.error('stand-in: windows opened by a page are not implemented')
  }

  async loadURL(url: string): Promise<void> {
    try {
      await this.page.load(url)
    } catch (error) {
      this.emit('did-fail-load', makeEvent(), -2, String(error), url, true)
      throw error
    }
  }

  /** @param path relative to the app's directory */
  loadFile(path: string, { search, hash }: Electron.LoadFileOptions = {}): Promise<void> {
    const url = pathToFileURL(resolve(launch.directory, path))
    url.search = search ?? ''
    url.hash = hash ?? ''
    return this.loadURL(url.href)
  }

  reload(): void {
    this.page.send('Page.reload').catch(() => undefined)
  }

  forcefullyCrashRenderer(): void {
    this.page.send('Page.crash').catch(() => undefined)
  }

  executeJavaScript(code: string): Promise<unknown> {
    return this.page.evaluate(code)
  }

  async capturePage(): Promise<NativeImage> {
    const { data } = await this.page.send<{ data: string }>('Page.captureScreenshot')
    return nativeImage.createFromBuffer(Buffer.from(data, 'base64'))
  }

  /** Not in Electron's documentation, but what security tests read: the preferences the page really has. */
  getLastWebPreferences(): Electron.WebPreferences {
    const defaults = { contextIsolation: true, nodeIntegration: false, sandbox: true, webSecurity: true }
    return { ...defaults, ...this.#owner.preferences }
  }

  setZoomFactor(factor: number): void {
    this.#zoomFactor = factor
    this.page.send('Emulation.setPageScaleFactor', { pageScaleFactor: factor }).catch(() => undefined)
  }

  getZoomFactor(): number {
    return this.#zoomFactor
  }

  setZoomLevel(level: number): void {
    this.setZoomFactor(1.2 ** level)
  }

  getZoomLevel(): number {
    return Math.log(this.#zoomFactor) / Math.log(1.2)
  }

  getURL(): string {
    return this.#url
  }

  getTitle(): string {
    return this.#title
  }

  /** Called by the window when Chromium says that the page's title has changed. */
  titleChanged(title: string): void {
    if (title === this.#title) return
    this.#title = title
    this.emit('page-title-updated', makeEvent(), title, true)
  }

  getType(): 'window' {
    return 'window'
  }

  isLoading(): boolean {
    return this.page.isLoading
  }

  isDestroyed(): boolean {
    return this.#owner.isDestroyed()
  }

  isFocused(): boolean {
    return this.#owner.isFocused()
  }

  focus(): void {
    this.#owner.focus()
  }

  close(): void {
    this.#owner.close()
  }

  isDevToolsOpened(): boolean {
    return false
  }

  closeDevTools(): void {}

  openDevTools(): void {
    record('webContents.openDevTools')
  }

  setVisualZoomLevelLimits(minimum: number, maximum: number): Promise<void> {
    record('webContents.setVisualZoomLevelLimits', minimum, maximum)
    return Promise.resolve()
  }

  setBackgroundThrottling(allowed: boolean): void {
    record('webContents.setBackgroundThrottling', allowed)
  }

  setWebRTCIPHandlingPolicy(policy: string): void {
    record('webContents.setWebRTCIPHandlingPolicy', policy)
  }

  replaceMisspelling(text: string): void {
    record('webContents.replaceMisspelling', text)
  }

  #listener(): PageListener {
    return {
      navigated: (url) => {
        this.#url = url
        this.emit('did-navigate', makeEvent(), url, 200, 'OK')
      },
      domReady: () => this.emit('dom-ready', makeEvent()),
      loaded: () => this.emit('did-finish-load', makeEvent()),
      message: (text, reply) => void receiveFromPreload(this, text, reply),
      console: (level, message) => this.emit('console-message', makeEvent({ level, message })),
      crashed: () => this.emit('render-process-gone', makeEvent(), { reason: 'crashed', exitCode: 1 }),
      mayNavigate: (url, isMainFrame, isRedirect) => this.#mayNavigate(url, isMainFrame, isRedirect),
    }
  }

  #mayNavigate(url: string, isMainFrame: boolean, isRedirect: boolean): boolean {
    const event = makeEvent({ url, isMainFrame, isSameDocument: false, frame: isMainFrame ? this.mainFrame : null })
    if (isRedirect) this.emit('will-redirect', event, url, false, isMainFrame)
    else {
      this.emit('will-frame-navigate', event)
      if (isMainFrame && !event.defaultPrevented) this.emit('will-navigate', event, url)
    }
    if (event.defaultPrevented) record('navigation-prevented', url)
    return !event.defaultPrevented
  }
}

/** The module `webContents`. */
export const webContents = strict('webContents', {
  getAllWebContents: () => [...openWindows.values()].map((window) => window.webContents),
  fromId: (id: number) => openWindows.get(id)?.webContents,
  getFocusedWebContents: () => [...openWindows.values()].find((window) => window.isFocused())?.webContents ?? null,
  fromDevToolsTargetId: (targetId: string) =>
    [...openWindows.values()].find((window) => window.targetId === targetId)?.webContents,
})
