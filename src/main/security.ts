// What a page may never do, set once for every page there will ever be in this process.

import type { App, Event, Session, WebContents } from 'electron'

/** What a page may ask of the system; all else is refused without asking the person. */
const permitted: ReadonlySet<string> = new Set(['clipboard-sanitized-write', 'notifications'])
const debugging = [
  'remote-debugging-port',
  'remote-debugging-pipe',
  'remote-debugging-address',
  'inspect',
  'inspect-brk',
]

/** Before the app is ready: what Chromium must know when it starts. */
export function hardenProcess(app: App): void {
  app.enableSandbox()
  // Chromium itself has no business on the network: the wire to the relay is Node's.
  app.commandLine.appendSwitch('host-resolver-rules', 'MAP * ~NOTFOUND')
  app.commandLine.appendSwitch('disable-background-networking')
  app.commandLine.appendSwitch('disable-component-update')
  app.commandLine.appendSwitch('disable-domain-reliability')
  app.commandLine.appendSwitch('no-pings')
  if (app.isPackaged) for (const name of debugging) app.commandLine.removeSwitch(name)
}

/**
 * Every page stays where it was loaded, opens no other, and embeds none.
 *
 * @param openOutside is given the address of each link the page wanted to open in a window
 */
export function confinePages(app: App, openOutside: (address: string) => void): void {
  const prevent = (event: Pick<Event, 'preventDefault'>): void => event.preventDefault()
  app.on('web-contents-created', (_event, contents: WebContents) => {
    contents.on('will-navigate', prevent)
    contents.on('will-frame-navigate', prevent)
    contents.on('will-redirect', prevent)
    contents.on('will-attach-webview', prevent)
    contents.setWindowOpenHandler(({ url }) => {
      openOutside(url)
      return { action: 'deny' }
    })
  })
}

/** No device, no permission but those that are harmless, no request that leaves the app. */
export function confineSession(session: Session, isOurs: (address: string) => boolean): void {
  session.setPermissionRequestHandler((_contents, permission, decide) => decide(permitted.has(permission)))
  session.setPermissionCheckHandler((_contents, permission) => permitted.has(permission))
  session.setDevicePermissionHandler(() => false)
  session.setDisplayMediaRequestHandler((_request, decide) => decide({}))
  session.webRequest.onBeforeRequest((request, decide) => decide({ cancel: !isOurs(request.url) }))
}
