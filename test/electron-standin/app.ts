// app: the life of the application, from before it is ready until its exit code.

import { join } from 'node:path'
import { appPath, movePath } from './app-paths.ts'
import { Chromium } from './chromium.ts'
import { appendArgument, appendSwitch } from './chromium-arguments.ts'
import { makeEvent } from './event.ts'
import { launch, switchValue } from './launch.ts'
import { openWindows } from './open-windows.ts'
import { record } from './record.ts'
import { SingleInstance } from './single-instance.ts'
import { type Part, strict, strictEmitter } from './strict.ts'
import { watchTargets } from './targets.ts'

class App extends strictEmitter('app') implements Part<Electron.App> {
  /** A member that Electron does not have on Linux. */
  readonly dock = undefined
  readonly isPackaged = process.env.SOTTO_STANDIN_PACKAGED === '1'
  readonly commandLine = strict('app.commandLine', {
    appendSwitch,
    appendArgument,
    hasSwitch: (name: string) => switchValue(name) !== undefined,
    getSwitchValue: (name: string) => switchValue(name) ?? '',
    removeSwitch: (name: string) => record('app.commandLine.removeSwitch', name),
  })
  readonly #instance = new SingleInstance()
  readonly #ready = Promise.withResolvers<void>()
  #name: string | undefined
  #chromium: Chromium | undefined
  #isReady = false
  #isQuitting = false
  #isExiting = false
  #badgeCount = 0

  /** Called once the main module has run. */
  async start(): Promise<void> {
    if (this.#isExiting) return
    this.emit('will-finish-launching')
    const profile = join(this.getPath('sessionData'), 'standin-chromium')
    this.#chromium = await Chromium.start(profile, switchValue('remote-debugging-port'), () => this.#chromiumGone())
    await watchTargets(this.#chromium.pipe)
    this.#isReady = true
    this.#ready.resolve()
    this.emit('ready', makeEvent(), {})
  }

  get chromium(): Chromium {
    if (!this.#isReady || !this.#chromium) throw new Error('Cannot create BrowserWindow before app is ready')
    return this.#chromium
  }

  isReady(): boolean {
    return this.#isReady
  }

  whenReady(): Promise<void> {
    return this.#ready.promise
  }

  /** Asks every window, and the app twice; whoever prevents it keeps the app running. */
  quit(): void {
    if (this.#isQuitting || this.#isExiting) return
    this.#isQuitting = this.#allows('before-quit')
    for (const window of [...openWindows.values()]) {
      if (this.#isQuitting && window.askToClose()) window.destroy()
      else this.#isQuitting = false
    }
    if (!this.#isQuitting) return
    this.#isQuitting = this.#allows('will-quit')
    if (this.#isQuitting) this.exit(0)
  }

  /** Asks no one. */
  exit(code = 0): void {
    if (this.#isExiting) return
    this.#isExiting = true
    for (const window of [...openWindows.values()]) window.destroy()
    this.emit('quit', makeEvent(), code)
    this.#leave(code).catch(() => process.exit(1))
  }

  /** Called by a window that has gone. */
  windowClosed(): void {
    if (openWindows.size > 0 || this.#isQuitting || this.#isExiting) return
    if (this.listenerCount('window-all-closed') > 0) this.emit('window-all-closed')
    else this.quit()
  }

  requestSingleInstanceLock(additional?: Record<string, unknown>): boolean {
    return this.#instance.request(this.getPath('userData'), additional, (second) => {
      this.emit('second-instance', makeEvent(), second.argv, second.workingDirectory, second.additional)
    })
  }

  hasSingleInstanceLock(): boolean {
    return this.#instance.isHeld
  }

  releaseSingleInstanceLock(): void {
    this.#instance.release()
  }

  get name(): string {
    return this.getName()
  }

  set name(name: string) {
    this.setName(name)
  }

  getName(): string {
    return this.#name ?? launch.manifest.productName ?? launch.manifest.name
  }

  setName(name: string): void {
    this.#name = name
  }

  getVersion(): string {
    return launch.manifest.version ?? '0.0.0'
  }

  getAppPath(): string {
    return launch.directory
  }

  getPath(name: string): string {
    return appPath(name, this.getName())
  }

  setPath(name: string, path: string): void {
    movePath(name, path)
  }

  getLocale(): string {
    return 'en-US'
  }

  getSystemLocale(): string {
    return 'en-US'
  }

  getPreferredSystemLanguages(): string[] {
    return ['en-US']
  }

  get badgeCount(): number {
    return this.#badgeCount
  }

  set badgeCount(count: number) {
    this.setBadgeCount(count)
  }

  getBadgeCount(): number {
    return this.#badgeCount
  }

  setBadgeCount(count = 0): boolean {
    record('app.setBadgeCount', count)
    this.#badgeCount = count
    return true
  }

  focus(): void {
    openWindows.values().next().value?.focus()
  }

  enableSandbox(): void {
    record('app.enableSandbox')
  }

  disableHardwareAcceleration(): void {
    appendSwitch('disable-gpu')
  }

  relaunch(): void {
    record('app.relaunch')
  }

  setAppUserModelId(id: string): void {
    record('app.setAppUserModelId', id)
  }

  setDesktopName(name: string): void {
    record('app.setDesktopName', name)
  }

  setAboutPanelOptions(options: Electron.AboutPanelOptionsOptions): void {
    record('app.setAboutPanelOptions', options)
  }

  showAboutPanel(): void {
    record('app.showAboutPanel')
  }

  setLoginItemSettings(settings: Electron.Settings): void {
    record('app.setLoginItemSettings', settings)
  }

  setAsDefaultProtocolClient(scheme: string): boolean {
    record('app.setAsDefaultProtocolClient', scheme)
    return true
  }

  #allows(name: 'before-quit' | 'will-quit'): boolean {
    const event = makeEvent()
    this.emit(name, event)
    return !event.defaultPrevented
  }

  async #leave(code: number): Promise<never> {
    await this.#instance.handedOver
    await this.#chromium?.close()
    process.exit(code)
  }

  /** Chromium ended without being asked to. */
  #chromiumGone(): void {
    if (this.#isExiting) return
    console.error('stand-in: Chromium has gone')
    for (const window of [...openWindows.values()]) window.gone()
    this.exit(1)
  }
}

export const app = new App()

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => app.quit())
