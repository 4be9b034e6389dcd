// What a message to a group costs the server: stored once, pushed to a thousand members.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as path } from 'node:path'
import { WebSocket } from 'ws'
import { encodeClientFrame } from '../../../src/protocol/frames.ts'
import { StreamKind } from '../../../src/protocol/generated/relay_pb.ts'
import { MAX_ACCOUNTS_AN_ENTRY } from '../../../src/protocol/limits.ts'
import { uuidToBytes } from '../../../src/shared/ids.ts'
import { MAX_GROUP_MEMBERS } from '../../../src/shared/limits.ts'
import { join, makePerson } from '../../relay/device.ts'
import { type At, invite, makeGroup, sealed, watch } from '../../relay/group.ts'
import { CONTENT } from './devices.ts'
import { processorTime, SCRIPTS, type Server, startServer } from './processes.ts'

/** One after the other: several at once, the relay would push together. */
const MESSAGES = 400
/** Connecting at once. */
const AT_ONCE = 50
/** Of requests that nobody awaits. */
const ASKED = 1_000_000

/** Says something, and calls back with every message that arrives at anybody. */
interface Crowd {
  say(): void
  arrived: () => void
}

/** Milliseconds of processor time per message. */
export const costOfRelay = () => whileUp(SCRIPTS.relay, relayCrowd)
export const costOfReference = () => whileUp(SCRIPTS.fanOutReference, referenceCrowd)

async function whileUp(script: string, gather: (url: string) => Promise<Crowd>): Promise<number> {
  const folder = mkdtempSync(path(tmpdir(), 'sotto-bench-'))
  const server = await startServer(script, path(folder, 'bench.sqlite'))
  try {
    const crowd = await gather(server.url)
    await sayAll(crowd, MESSAGES / 4)
    return await measure(server, crowd)
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true })
  }
}

async function measure(server: Server, crowd: Crowd): Promise<number> {
  const before = processorTime([server.pid])
  await sayAll(crowd, MESSAGES)
  const cost = (processorTime([server.pid]) - before) / MESSAGES
  console.log(`  ${cost.toFixed(2)} ms a message`)
  return cost
}

/** The next when one has arrived everywhere. */
function sayAll(crowd: Crowd, messages: number): Promise<void> {
  return new Promise((resolve) => {
    let said = 0
    let arrived = 0
    const next = () => {
      if (said++ < messages) crowd.say()
    }
    crowd.arrived = () => {
      arrived += 1
      if (arrived % MAX_GROUP_MEMBERS === 0) next()
      if (arrived === messages * MAX_GROUP_MEMBERS) resolve()
    }
    next()
  })
}

async function relayCrowd(url: string): Promise<Crowd> {
  const people = Array.from({ length: MAX_GROUP_MEMBERS }, (_, index) => makePerson(`member${index}`))
  const members: At[] = []
  await inBatches(people, AT_ONCE, async (person) => void members.push({ person, line: await join({ url }, person) }))
  const [owner, ...others] = members
  if (owner === undefined) throw new Error('nobody')
  const group = await makeGroup(owner)
  for (let first = 0; first < others.length; first += MAX_ACCOUNTS_AN_ENTRY)
    await group.does(owner, invite(others.slice(first, first + MAX_ACCOUNTS_AN_ENTRY)))
  for (const other of others) await group.does(other, { kind: 'accept-invitation' })
  for (const member of members) await watch(member, group)

  const content = sealed(owner, group, CONTENT.toString())
  let numbered = 0
  const message = () => {
    const id = Buffer.alloc(16)
    id.writeUInt32BE(++numbered)
    return id
  }
  const value = () => ({ group: uuidToBytes(group.group), message: message(), kind: StreamKind.SEALED, content })
  const crowd: Crowd = {
    say: () => owner.line.socket.send(encodeClientFrame(ASKED, { case: 'publish', value: value() })),
    arrived: () => {},
  }
  for (const { line } of members) {
    line.socket.removeAllListeners('message')
    // Answers are short; whatever else comes is a push with some messages, each of which has the content whole.
    line.socket.on('message', (frame: Buffer) => {
      for (let left = frame.length; left > CONTENT.length; left -= content.length) crowd.arrived()
    })
  }
  return crowd
}

async function referenceCrowd(url: string): Promise<Crowd> {
  const sockets: WebSocket[] = []
  const crowd: Crowd = { say: () => sockets[0]?.send(CONTENT), arrived: () => {} }
  await inBatches(Array.from({ length: MAX_GROUP_MEMBERS }), AT_ONCE, async () => {
    const socket = new WebSocket(url, { perMessageDeflate: false })
    socket.on('message', (message: Buffer) => {
      if (message.length > 1) crowd.arrived()
    })
    await new Promise((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('error', reject)
    })
    sockets.push(socket)
  })
  return crowd
}

async function inBatches<T>(all: readonly T[], size: number, work: (one: T) => Promise<void>): Promise<void> {
  for (let first = 0; first < all.length; first += size) await Promise.all(all.slice(first, first + size).map(work))
}
