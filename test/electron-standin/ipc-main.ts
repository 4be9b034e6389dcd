// ipcMain: hears what preload scripts send and answers what they invoke, with Electron's texts for what fails.

import { makeCodec } from './codec.ts'
import { makeEvent } from './event.ts'
import type { FromPreload, ToPreload } from './ipc-message.ts'
import { type Part, strictEmitter } from './strict.ts'
import type { WebContents } from './web-contents.ts'

type Handler = Parameters<Electron.IpcMain['handle']>[1]

const codec = makeCodec()

class IpcMain extends strictEmitter('ipcMain') implements Part<Electron.IpcMain> {
  readonly #handlers = new Map<string, Handler>()

  handle(channel: string, handler: Handler): void {
    if (this.#handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`)
    this.#handlers.set(channel, handler)
  }

  handleOnce(channel: string, handler: Handler): void {
    this.handle(channel, (event, ...args) => {
      this.#handlers.delete(channel)
      return handler(event, ...args)
    })
  }

  removeHandler(channel: string): void {
    this.#handlers.delete(channel)
  }

  handlerOf(channel: string): Handler {
    const handler = this.#handlers.get(channel)
    if (!handler) throw new Error(`No handler registered for '${channel}'`)
    return handler
  }
}

export const ipcMain = new IpcMain()

export function encodePush(channel: string, args: readonly unknown[]): string {
  return encode({ kind: 'push', channel, args })
}

/** @param reply delivers an answer to the preload that asked, and to no later one */
export async function receiveFromPreload(
  sender: WebContents,
  text: string,
  reply: (text: string) => void,
): Promise<void> {
  const message = codec.decode(text) as FromPreload
  const event = makeEvent({
    type: 'frame',
    sender,
    senderFrame: sender.mainFrame,
    processId: sender.mainFrame.processId,
    frameId: sender.mainFrame.routingId,
    ports: [],
    reply: (channel: string, ...args: unknown[]) => sender.send(channel, ...args),
  })
  if (message.kind === 'send') {
    sender.emit('ipc-message', event, message.channel, ...message.args)
    ipcMain.emit(message.channel, event, ...message.args)
    return
  }
  const { id, channel, args } = message
  try {
    const value: unknown = await ipcMain.handlerOf(channel)(event as object as Electron.IpcMainInvokeEvent, ...args)
    reply(encode({ kind: 'reply', id, value }))
  } catch (cause) {
    const error = new Error(`Error invoking remote method '${channel}': ${cause}`)
    reply(encode({ kind: 'failure', id, error }))
  }
}

function encode(message: ToPreload): string {
  return codec.encode(message)
}
