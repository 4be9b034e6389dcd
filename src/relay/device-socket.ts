// A WebSocket that knows who speaks on it, so that the functions that listen to it can be the same few for all of them.

import { WebSocket } from 'ws'

export interface Speaker {
  receive(message: Uint8Array, isBinary: boolean): void
  /** It has said that it is still there. */
  heard(): void
  /** ws closes the socket by itself. */
  broke(): void
  /** The last that is heard of it. */
  closed(code: number): void
}

export class DeviceSocket extends WebSocket {
  speaker: Speaker | undefined

  speakFor(speaker: Speaker): void {
    this.speaker = speaker
    this.on('message', receive)
    this.on('pong', heard)
    this.on('ping', heard)
    this.on('error', broke)
    this.on('close', closed)
  }
}

function receive(this: WebSocket, message: Uint8Array, isBinary: boolean): void {
  speakerOf(this)?.receive(message, isBinary)
}

function heard(this: WebSocket): void {
  speakerOf(this)?.heard()
}

function broke(this: WebSocket): void {
  speakerOf(this)?.broke()
}

function closed(this: WebSocket, code: number): void {
  speakerOf(this)?.closed(code)
}

function speakerOf(socket: WebSocket): Speaker | undefined {
  return socket instanceof DeviceSocket ? socket.speaker : undefined
}
