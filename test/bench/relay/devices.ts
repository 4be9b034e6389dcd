// The devices that load a server: alike for the relay and for the references, and as cheap as they can be.

import { WebSocket } from 'ws'
import { encodeClientFrame } from '../../../src/protocol/frames.ts'
import { dial, hello, join, type Line, makePerson, proof } from '../../relay/device.ts'
import { ASKED, acknowledgement, isAccepted, positionsIn, submissionFrames } from './frames.ts'

/** Bytes of a message: opaque, and the same for all. */
export const CONTENT = Buffer.alloc(1024, 'sealed')

/** Somebody who sends and somebody who is sent to. */
export interface Pair {
  send(): void
  /** Called with each answer to the sender. */
  accepted: () => void
  /** Called with each message at the receiver, which acknowledges by itself. */
  delivered: () => void
  /** The receiver goes, and comes again: resolves when it has asked for what waits. */
  leave(): Promise<void>
  comeBack(): Promise<void>
}

export type MakePair = (urls: { from: string; to: string }, index: number) => Promise<Pair>

export const relayPair: MakePair = async ({ from, to }, index) => {
  const sender = makePerson(`from${index}`)
  const receiver = makePerson(`to${index}`)
  const sending = (await join({ url: from }, sender)).socket
  const nextSubmission = submissionFrames(receiver, CONTENT)
  const pair: Pair = {
    // It is masked into a buffer of its own before the next one is made.
    send: () => sending.send(nextSubmission()),
    accepted: () => {},
    delivered: () => {},
    leave: async () => {
      receiving.close()
      await new Promise((resolve) => receiving.once('close', resolve))
    },
    comeBack: async () => {
      const line = await dial({ url: to })
      const welcome = await hello(line)
      // What comes right behind the answer is not to be missed.
      receiving = listening(line)
      receiving.send(encodeClientFrame(ASKED, { case: 'authenticate', value: proof(receiver, welcome) }))
    },
  }
  sending.removeAllListeners('message')
  sending.on('message', (message: Buffer) => {
    if (isAccepted(message)) pair.accepted()
  })
  const listening = ({ socket }: Line) => {
    socket.removeAllListeners('message')
    socket.on('message', (message: Buffer) => {
      const positions = positionsIn(message)
      if (positions.length === 0) return
      socket.send(acknowledgement(positions))
      for (const _ of positions) pair.delivered()
    })
    return socket
  }
  let receiving = listening(await join({ url: to }, receiver))
  return pair
}

export const referencePair: MakePair = async ({ from, to }, index) => {
  const receiver = 2 * index + 1
  const sending = await open(`${from}/${2 * index}`)
  const frame = Buffer.concat([Buffer.of(1, receiver), CONTENT])
  const pair: Pair = {
    send: () => sending.send(frame),
    accepted: () => {},
    delivered: () => {},
    leave: async () => {
      receiving.close()
      await new Promise((resolve) => receiving.once('close', resolve))
    },
    comeBack: async () => {
      receiving = await open(`${to}/${receiver}`, receive)
    },
  }
  const receive = (message: Buffer, socket: WebSocket) => {
    if (message[0] !== 4) return
    socket.send(Buffer.concat([Buffer.of(2), message.subarray(1, 5)]))
    pair.delivered()
  }
  sending.on('message', (message: Buffer) => {
    if (message[0] === 3) pair.accepted()
  })
  let receiving = await open(`${to}/${receiver}`, receive)
  return pair
}

async function open(url: string, hear?: (message: Buffer, socket: WebSocket) => void): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false })
  socket.on('message', (message: Buffer) => hear?.(message, socket))
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  return socket
}
