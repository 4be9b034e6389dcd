// An evil relay: stands between devices and an honest one, reads every frame, and passes on what it likes.
//
// What it does wrong is said in misdeeds.ts, one at a time. Without a misdeed it is as honest as the relay behind it.

import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'
import type { RelayAddress } from '../../src/engine/ports.ts'
import {
  type ClientBody,
  decodeClientFrame,
  decodeRelayFrame,
  encodeClientFrame,
  encodeRelayFrame,
  type RelayBody,
} from '../../src/protocol/frames.ts'
import type { ClientFrame, IncomingEnvelope, RelayFrame } from '../../src/protocol/generated/relay_pb.ts'
import { MAX_FRAME_BYTES } from '../../src/protocol/limits.ts'
import { type AccountId, bytesToUuid } from '../../src/shared/ids.ts'

/** One device, as the evil relay sees it. */
export interface Victim {
  /** As it says itself; undefined before it has. */
  account: string | undefined
  /** What no honest relay would send: a frame, or bytes or text that are none. */
  send(what: RelayBody | Uint8Array | string): void
  answer(request: number, body: RelayBody): void
  /** To the honest relay, in this device's name. Its answer comes as that to request 0xffff… which nobody awaits. */
  ask(body: ClientBody): void
}

/** What becomes of frames. `keep` passes the frame on as it is; undefined swallows it. */
export interface Misdeed {
  toDevice?(body: RelayFrame['body'], victim: Victim, request: number): RelayFrame['body'] | undefined
  toRelay?(body: ClientFrame['body'], victim: Victim, request: number): ClientFrame['body'] | undefined
}

/** Of a request that the evil relay made up itself. */
const NOBODYS_REQUEST = 0xffff_ffff

export class EvilRelay {
  /** Every envelope it passed by, as it was delivered. */
  readonly delivered: { to: string; envelope: IncomingEnvelope }[] = []
  readonly #asked = new Map<string, number>()
  readonly #honest: () => RelayAddress
  readonly #server: WebSocketServer
  readonly #misdeeds = new Set<Misdeed>()
  readonly #victims = new Set<Victim>()

  private constructor(honest: () => RelayAddress, server: WebSocketServer) {
    this.#honest = honest
    this.#server = server
    server.on('connection', (device) => this.#stand(device))
  }

  static async before(honest: () => RelayAddress): Promise<EvilRelay> {
    const server = new WebSocketServer({
      host: '127.0.0.1',
      port: 0,
      maxPayload: MAX_FRAME_BYTES,
      perMessageDeflate: false,
    })
    await new Promise((resolve) => server.once('listening', resolve))
    return new EvilRelay(honest, server)
  }

  /** For people of this world: `world.person('Alice', evil.address)`. */
  readonly address = (): RelayAddress => ({ url: `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}` })

  /** From now on. Returns how to stop. */
  begin(misdeed: Misdeed): () => void {
    this.#misdeeds.add(misdeed)
    return () => void this.#misdeeds.delete(misdeed)
  }

  /** The device of this account that is connected now. */
  victim(account: AccountId): Victim {
    const found = [...this.#victims].findLast((victim) => victim.account === account)
    if (found === undefined) throw new Error('nobody of that account is connected')
    return found
  }

  /** How often a device asked this of the relay, and the relay was told. */
  asked(request: NonNullable<ClientBody['case']>): number {
    return this.#asked.get(request) ?? 0
  }

  async close(): Promise<void> {
    for (const device of this.#server.clients) device.terminate()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #stand(device: WebSocket): void {
    const honest = new WebSocket(this.#honest().url, { perMessageDeflate: false, maxPayload: MAX_FRAME_BYTES })
    const early: Uint8Array[] = []
    const pass = (frame: Uint8Array) =>
      void (honest.readyState === honest.OPEN ? honest.send(frame) : early.push(frame))
    const victim: Victim = {
      account: undefined,
      send: (what) =>
        device.send(typeof what === 'string' || what instanceof Uint8Array ? what : encodeRelayFrame(0, what)),
      answer: (request, body) => device.send(encodeRelayFrame(request, body)),
      ask: (body) => pass(encodeClientFrame(NOBODYS_REQUEST, body)),
    }
    this.#victims.add(victim)
    honest.on('open', () => {
      for (const frame of early.splice(0)) honest.send(frame)
    })
    device.on('message', (message: Buffer) => {
      const frame = decodeClientFrame(message)
      if (frame === undefined) return pass(message)
      if (frame.body.case === 'register' || frame.body.case === 'authenticate')
        victim.account = bytesToUuid(frame.body.value.account)
      const body = this.#towardsRelay(frame, victim)
      if (body?.case !== undefined) this.#asked.set(body.case, this.asked(body.case) + 1)
      if (body !== undefined) pass(encodeClientFrame(frame.request, body))
    })
    honest.on('message', (message: Buffer) => {
      const frame = decodeRelayFrame(message)
      if (frame === undefined || frame.request === NOBODYS_REQUEST) return
      const body = this.#towardsDevice(frame, victim)
      if (body !== undefined) device.send(encodeRelayFrame(frame.request, body))
    })
    device.on('close', () => {
      this.#victims.delete(victim)
      honest.close()
    })
    honest.on('close', () => device.close())
    device.on('error', () => device.terminate())
    honest.on('error', () => device.terminate())
  }

  #towardsRelay(frame: ClientFrame, victim: Victim): ClientBody | undefined {
    let body: ClientFrame['body'] | undefined = frame.body
    for (const misdeed of this.#misdeeds) {
      if (body === undefined) return undefined
      if (misdeed.toRelay !== undefined) body = misdeed.toRelay(body, victim, frame.request)
    }
    return body
  }

  #towardsDevice(frame: RelayFrame, victim: Victim): RelayBody | undefined {
    if (frame.body.case === 'deliver')
      for (const envelope of frame.body.value.envelopes) this.delivered.push({ to: victim.account ?? '', envelope })
    let body: RelayFrame['body'] | undefined = frame.body
    for (const misdeed of this.#misdeeds) {
      if (body === undefined) return undefined
      if (misdeed.toDevice !== undefined) body = misdeed.toDevice(body, victim, frame.request)
    }
    return body
  }
}
