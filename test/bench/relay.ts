// What a message costs the relay: processor time of its process per 1,000 messages of 1 KiB, 25 pairs with eight under
// way each, against the bare server of test/relay/reference.ts. Linux: it reads /proc.

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as path } from 'node:path'
import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'
import { decodeRelayFrame, encodeClientFrame } from '../../src/protocol/frames.ts'
import { join, makePerson, submissionTo } from '../relay/device.ts'
import type { Bench } from './bench.ts'

const PAIRS = 25
const UNDER_WAY = 8
const MESSAGES = 20_000
const CONTENT = randomBytes(1024)
/** Of /proc/PID/stat. */
const TICKS_A_SECOND = 100

/** Sends one message of a pair; `delivered` when the other side has acknowledged it. */
interface Pair {
  send(): void
  delivered: () => void
  close(): void
}

async function relayPair(url: string, index: number): Promise<Pair> {
  const alice = makePerson(`alice${index}`)
  const bob = makePerson(`bob${index}`)
  const ofAlice = (await join({ url }, alice)).socket
  const ofBob = (await join({ url }, bob)).socket
  const pair: Pair = {
    send: () => ofAlice.send(encodeClientFrame(1_000_000, { case: 'submit', value: submissionTo(bob, CONTENT) })),
    delivered: () => {},
    close: () => hangUp(ofAlice, ofBob),
  }
  ofAlice.removeAllListeners('message')
  ofBob.removeAllListeners('message')
  ofBob.on('message', (message: Buffer) => {
    const body = decodeRelayFrame(message)?.body
    if (body?.case !== 'deliver') return
    const positions = body.value.envelopes.map(({ position }) => position)
    ofBob.send(encodeClientFrame(1_000_000, { case: 'acknowledge', value: { positions } }))
    for (const _ of positions) pair.delivered()
  })
  return pair
}

async function referencePair(url: string, index: number): Promise<Pair> {
  const dial = async (mailbox: number) => {
    const socket = new WebSocket(`${url}/${mailbox}`, { perMessageDeflate: false })
    await new Promise((resolve) => socket.once('open', resolve))
    return socket
  }
  const ofAlice = await dial(2 * index)
  const ofBob = await dial(2 * index + 1)
  const frame = Buffer.concat([Buffer.of(1, 2 * index + 1), CONTENT])
  const pair: Pair = { send: () => ofAlice.send(frame), delivered: () => {}, close: () => hangUp(ofAlice, ofBob) }
  ofBob.on('message', (message: Buffer) => {
    if (message[0] !== 4) return
    ofBob.send(Buffer.concat([Buffer.of(2), message.subarray(1, 5)]))
    pair.delivered()
  })
  return pair
}

function hangUp(...sockets: WebSocket[]): void {
  for (const socket of sockets) socket.terminate()
}

/** Milliseconds of processor time, user and system. */
function processorTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_A_SECOND
}

function exchange(pairs: readonly Pair[], messages: number): Promise<void> {
  return new Promise((resolve) => {
    let sent = 0
    let arrived = 0
    for (const pair of pairs) {
      const next = () => {
        if (sent++ < messages) pair.send()
      }
      pair.delivered = () => {
        if (++arrived === messages) resolve()
        next()
      }
      for (let under = 0; under < UNDER_WAY; under++) next()
    }
  })
}

/** Milliseconds of processor time per 1,000 messages. */
async function measure(server: string, makePair: typeof relayPair): Promise<number> {
  const folder = mkdtempSync(path(tmpdir(), 'sotto-bench-'))
  const child = spawn(process.execPath, [path(import.meta.dirname, server), path(folder, 'bench.sqlite')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [line] = await new Promise<string[]>((resolve) =>
      createInterface({ input: child.stdout }).once('line', (...lines) => resolve(lines)),
    )
    const url = line?.split(' ').at(-1) ?? ''
    const pairs = await Promise.all(Array.from({ length: PAIRS }, (_, index) => makePair(url, index)))
    await exchange(pairs, MESSAGES / 5)
    const before = processorTime(child.pid ?? 0)
    await exchange(pairs, MESSAGES)
    const spent = processorTime(child.pid ?? 0) - before
    for (const { close } of pairs) close()
    return (spent * 1000) / MESSAGES
  } finally {
    child.kill()
    await once(child, 'exit')
    rmSync(folder, { recursive: true })
  }
}

export const relay: Bench = {
  measures: [{ name: 'relay', unit: 'ms CPU of its process per 1,000 of 1 KiB', goal: undefined }],
  open: async () => ({
    pair: async () => [
      {
        floor: await measure('../relay/reference.ts', referencePair),
        product: await measure('relay-server.ts', relayPair),
      },
    ],
    close: async () => {},
  }),
}
