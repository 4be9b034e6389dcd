// A device of which there is only a recording: it says the recorded bytes and hears what is really answered.

import { toJson } from '@bufbuild/protobuf'
import { WebSocket } from 'ws'
import { decodeRelayFrame } from '../../src/protocol/frames.ts'
import { type RelayFrame, RelayFrameSchema } from '../../src/protocol/generated/relay_pb.ts'
import type { RecordedStep } from './golden.ts'

export interface Replayed {
  /** What was recorded to be heard, and what came instead or beside it. */
  recorded: unknown
  heard: unknown
}

/** Plays all steps at a relay. `alter` changes what is said before it leaves. */
export async function replay(
  url: string,
  steps: readonly RecordedStep[],
  alter: (bytes: Buffer) => Uint8Array = (bytes) => bytes,
): Promise<Replayed[]> {
  const lines = new Map<string, Line>()
  const replayed: Replayed[] = []
  for (const step of steps) {
    if ('does' in step && step.does === 'dial') lines.set(step.who, await dial(url))
    const line = lines.get(step.who)
    if (line === undefined) throw new Error(`${step.who} has not dialled`)
    if ('does' in step && step.does === 'hang up') await line.hangUp()
    if ('says' in step) line.say(alter(Buffer.from(step.says, 'base64')))
    if ('hears' in step) {
      const expected = decodeRelayFrame(Buffer.from(step.hears, 'base64'))
      if (expected === undefined) throw new Error('recorded what is no frame')
      replayed.push({ recorded: json(expected), heard: json(await line.hear(expected)) })
    }
  }
  for (const line of lines.values()) await line.hangUp()
  return replayed
}

const json = (frame: RelayFrame) => toJson(RelayFrameSchema, frame)

interface Line {
  say(bytes: Uint8Array): void
  /** The next frame of the same kind to the same request. Pushes of other kinds are passed over, as [P4] has it. */
  hear(like: RelayFrame): Promise<RelayFrame>
  hangUp(): Promise<void>
}

async function dial(url: string): Promise<Line> {
  const socket = new WebSocket(url, { perMessageDeflate: false })
  const heard: RelayFrame[] = []
  let look = () => {}
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('message', (bytes: Buffer) => {
    const frame = decodeRelayFrame(bytes)
    if (frame === undefined) throw new Error('the relay sent what is no frame')
    heard.push(frame)
    look()
  })
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })

  function take({ request, body }: RelayFrame): RelayFrame | undefined {
    // An answer of another kind is taken too: the comparison then says what it was.
    const index = heard.findIndex((one) => one.request === request && (request !== 0 || one.body.case === body.case))
    return index < 0 ? undefined : heard.splice(index, 1)[0]
  }

  return {
    say: (bytes) => socket.send(bytes),
    hear: (like) =>
      new Promise((resolve, reject) => {
        look = () => {
          const found = take(like)
          if (found !== undefined) resolve(found)
          else if (socket.readyState !== WebSocket.OPEN) reject(new Error(`closed before ${like.body.case}`))
        }
        closed.then(() => look(), reject)
        look()
      }),
    hangUp: async () => {
      socket.close()
      await closed
    },
  }
}
