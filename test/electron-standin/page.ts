// One window's page, as the DevTools protocol drives it: set up before its first script, then loaded, called and watched.

import type { Chromium } from './chromium.ts'
import { fromChromium, toChromium } from './page-address.ts'
import { pageScript, preloadScript, preloadWorld } from './page-scripts.ts'
import { answerRequest, type PausedRequest } from './requests.ts'

/** What a page tells the window that shows it. Addresses are in the app's own schemes. */
export interface PageListener {
  navigated(url: string): void
  domReady(): void
  loaded(): void
  message(text: string, reply: (text: string) => void): void
  console(level: string, text: string): void
  crashed(): void
  /** Answers false if the app prevents it. */
  mayNavigate(url: string, isMainFrame: boolean, isRedirect: boolean): boolean
}

export interface PageSettings {
  readonly preload?: string | undefined
  readonly additionalArguments?: readonly string[] | undefined
}

interface Frame {
  readonly id: string
  readonly parentId?: string
  readonly url: string
  readonly urlFragment?: string
}

export class Page {
  /** Addresses the page wants to open in new windows, oldest first: Chromium tells them before the window appears. */
  readonly wantsToOpen: string[] = []
  readonly #chromium: Chromium
  readonly #listener: PageListener
  readonly #settings: PageSettings
  readonly #attached = Promise.withResolvers<void>()
  readonly #askedFor = new Set<string>()
  #session = ''
  #targetId = ''
  #mainFrame = ''
  #preloadContext: number | undefined
  #isBlank = true
  #loaded = Promise.withResolvers<void>()
  #isLoading = false

  constructor(chromium: Chromium, settings: PageSettings, listener: PageListener) {
    this.#chromium = chromium
    this.#settings = settings
    this.#listener = listener
    this.#attached.promise.catch(() => undefined)
    this.#loaded.promise.catch(() => undefined)
  }

  get targetId(): string {
    return this.#targetId
  }

  get isLoading(): boolean {
    return this.#isLoading
  }

  /** Called while Chromium holds the new page back; lets it run at the end. */
  async attach(session: string, targetId: string, colorScheme: string): Promise<void> {
    this.#session = session
    this.#targetId = targetId
    const { frameTree } = await this.#send<{ frameTree: { frame: Frame } }>('Page.getFrameTree')
    this.#mainFrame = frameTree.frame.id
    this.#watch()
    await Promise.all([
      this.#send('Page.enable'),
      this.#send('Inspector.enable'),
      this.#send('Runtime.enable'),
      this.#send('Runtime.addBinding', { name: 'standinSend', executionContextName: preloadWorld }),
      this.#send('Fetch.enable', {
        patterns: [{ urlPattern: 'https://*.standin.test/*' }, { urlPattern: '*', resourceType: 'Document' }],
      }),
      this.#send('Emulation.setEmulatedMedia', emulatedMedia(colorScheme)),
      ...this.#addScripts(),
    ])
    await this.#send('Runtime.runIfWaitingForDebugger')
    this.#attached.resolve()
  }

  /** Calls made before the page is attached wait for it. Rejects when the window has been closed. */
  async send<Result>(method: string, params: object = {}): Promise<Result> {
    await this.#attached.promise
    return this.#send<Result>(method, params)
  }

  /** Resolves when the page has loaded; rejects with Chromium's error text. */
  async load(url: string): Promise<void> {
    const address = new URL(toChromium(url)).href
    this.#askedFor.add(address)
    this.#beginLoading()
    const loaded = this.#loaded.promise
    const { errorText } = await this.send<{ errorText?: string }>('Page.navigate', { url: address })
    if (errorText !== undefined) throw new Error(`${errorText} loading '${url}'`)
    await loaded
  }

  async evaluate(code: string): Promise<unknown> {
    if (this.#isLoading) await this.#loaded.promise
    const { result, exceptionDetails } = await this.send<{
      result: { value?: unknown }
      exceptionDetails?: { exception?: { description?: string } }
    }>('Runtime.evaluate', { expression: code, awaitPromise: true, returnByValue: true, userGesture: true })
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? 'Script failed to execute')
    return result.value
  }

  /** Hands a message to the preload of the page shown now, if it has one. */
  deliver(text: string, context = this.#preloadContext): void {
    if (context === undefined) return
    this.#send('Runtime.callFunctionOn', {
      executionContextId: context,
      functionDeclaration: 'function (text) { standinReceive(text) }',
      arguments: [{ value: text }],
      silent: true,
    }).catch(() => undefined) // the page went away, and its preload with it
  }

  setColorScheme(scheme: string): void {
    this.send('Emulation.setEmulatedMedia', emulatedMedia(scheme)).catch(() => undefined)
  }

  close(): void {
    const targetId = this.#targetId
    if (targetId !== '') this.#chromium.pipe.send('Target.closeTarget', { targetId }).catch(() => undefined)
    const error = new Error('Object has been destroyed')
    this.#attached.reject(error)
    this.#loaded.reject(error)
    this.#preloadContext = undefined
  }

  #send<Result>(method: string, params: object = {}): Promise<Result> {
    return this.#chromium.pipe.send<Result>(method, { ...params }, this.#session)
  }

  #addScripts(): Promise<unknown>[] {
    const { preload, additionalArguments } = this.#settings
    if (preload === undefined) return []
    return [
      this.#send('Page.addScriptToEvaluateOnNewDocument', { source: pageScript() }),
      this.#send('Page.addScriptToEvaluateOnNewDocument', {
        worldName: preloadWorld,
        source: preloadScript(preload, additionalArguments),
      }),
    ]
  }

  #watch(): void {
    const on = <Event>(method: string, listener: (event: Event) => void): void =>
      this.#chromium.pipe.on(method, listener, this.#session)
    on<{ context: { id: number; name: string; auxData?: { frameId?: string } } }>(
      'Runtime.executionContextCreated',
      ({ context }) => {
        if (context.name === preloadWorld && context.auxData?.frameId === this.#mainFrame) {
          this.#preloadContext = context.id
        }
      },
    )
    on('Runtime.executionContextsCleared', () => {
      this.#preloadContext = undefined
    })
    on<{ name: string; payload: string; executionContextId: number }>('Runtime.bindingCalled', (call) => {
      if (call.name !== 'standinSend') return
      this.#listener.message(call.payload, (text) => this.deliver(text, call.executionContextId))
    })
    on<{ frame: Frame }>('Page.frameNavigated', ({ frame }) => {
      if (frame.parentId !== undefined || isBlankPage(frame.url)) return
      this.#isBlank = false
      this.#listener.navigated(fromChromium(frame.url + (frame.urlFragment ?? '')))
    })
    on<{ frameId: string; url: string }>('Page.navigatedWithinDocument', ({ frameId, url }) => {
      if (frameId === this.#mainFrame) this.#listener.navigated(fromChromium(url))
    })
    on('Page.domContentEventFired', () => {
      if (!this.#isBlank) this.#listener.domReady()
    })
    on('Page.loadEventFired', () => {
      if (this.#isBlank) return
      this.#isLoading = false
      this.#loaded.resolve()
      this.#listener.loaded()
    })
    on<{ url: string }>('Page.windowOpen', ({ url }) => this.wantsToOpen.push(url))
    on('Inspector.targetCrashed', () => this.#listener.crashed())
    on<{ type: string; args: { value?: unknown; description?: string }[] }>('Runtime.consoleAPICalled', (call) => {
      const text = call.args.map(({ value, description }) => String(value ?? description)).join(' ')
      this.#listener.console(call.type, text)
    })
    on<PausedRequest>('Fetch.requestPaused', (request) => {
      this.#answer(request).catch(() => undefined) // the page went away while its request was answered
    })
  }

  #beginLoading(): void {
    this.#loaded = Promise.withResolvers()
    this.#loaded.promise.catch(() => undefined)
    this.#isLoading = true
  }

  async #answer(request: PausedRequest): Promise<void> {
    const { requestId, resourceType, frameId } = request
    const { url } = request.request
    const isMainFrame = frameId === this.#mainFrame
    if (resourceType === 'Document' && !(isMainFrame && this.#askedFor.has(url))) {
      const isRedirect = request.redirectedRequestId !== undefined
      if (!this.#listener.mayNavigate(fromChromium(url), isMainFrame, isRedirect)) {
        await this.#send('Fetch.failRequest', { requestId, errorReason: 'Aborted' })
        return
      }
    }
    const { method, params } = await answerRequest(request)
    await this.#send(method, params)
  }
}

/** The page that a window opens with, before the app loads its own. Its address tells which window it is. */
export function blankPage(windowId: number): string {
  return `data:text/html,<title>standin-window-${windowId}</title>`
}

export function windowIdOf(url: string): number | undefined {
  const id = /^data:.*standin-window-(\d+)/.exec(url)?.[1]
  return id === undefined ? undefined : Number(id)
}

function isBlankPage(url: string): boolean {
  return windowIdOf(url) !== undefined
}

function emulatedMedia(scheme: string): object {
  return { features: scheme === 'system' ? [] : [{ name: 'prefers-color-scheme', value: scheme }] }
}
