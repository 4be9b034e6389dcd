// What is measured of a server that is up: the cost of messages, how long they take, how fast a backlog goes.

import type { Running } from './contenders.ts'
import type { Pair } from './devices.ts'
import { processorTime } from './processes.ts'

/** Of one run. */
export interface Load {
  /** For each server. */
  messages: number
  /** So many before: code is compiled when it has run some thousand times, in each process anew. */
  warmUp: number
}

export const LOAD: Load = { messages: 20_000, warmUp: 30_000 }

/** Of each pair. */
const UNDER_WAY = 8

export interface Cost {
  /** Milliseconds of processor time per 1,000 messages. */
  processor: number
  perSecond: number
}

/** As fast as it goes, with eight messages of each pair under way. Two servers get twice as many as one. */
export async function measureCost({ servers, pairs, pids }: Running, load: Load): Promise<Cost> {
  const messages = load.messages * servers
  await saturate(pairs, load.warmUp * servers)
  const before = processorTime(pids)
  const started = performance.now()
  await saturate(pairs, messages)
  const seconds = (performance.now() - started) / 1000
  return { processor: ((processorTime(pids) - before) * 1000) / messages, perSecond: messages / seconds }
}

function saturate(pairs: readonly Pair[], messages: number): Promise<void> {
  return new Promise((resolve) => {
    let sent = 0
    let arrived = 0
    for (const pair of pairs) {
      const next = () => {
        if (sent++ < messages) pair.send()
      }
      pair.accepted = () => {}
      pair.delivered = () => {
        if (++arrived === messages) resolve()
        next()
      }
      for (let under = 0; under < UNDER_WAY; under++) next()
    }
  })
}

export interface Latency {
  /** Milliseconds from sending to arrival. */
  half: number
  most: number
}

/** At a steady pace, each pair in turn: the median, and what 99 of 100 stay below. */
export function measureLatency(pairs: readonly Pair[], perSecond: number, messages: number): Promise<Latency> {
  return new Promise((resolve) => {
    const took: number[] = []
    const started = performance.now()
    let sent = 0
    const sentAt = pairs.map((): number[] => [])
    for (const [index, pair] of pairs.entries()) {
      pair.accepted = () => {}
      pair.delivered = () => {
        took.push(performance.now() - (sentAt[index]?.shift() ?? 0))
        if (took.length < messages) return
        clearInterval(timer)
        const sorted = took.slice(messages / 10).toSorted((a, b) => a - b)
        const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0
        resolve({ half: at(0.5), most: at(0.99) })
      }
    }
    const timer = setInterval(() => {
      const due = ((performance.now() - started) * perSecond) / 1000
      for (; sent < Math.min(due, messages); sent++) {
        const index = sent % pairs.length
        sentAt[index]?.push(performance.now())
        pairs[index]?.send()
      }
    }, 1)
  })
}

/** Milliseconds until a device that comes back has taken what waited for it. */
export async function measureDrain(pair: Pair, messages: number): Promise<number> {
  await pair.leave()
  await new Promise<void>((resolve) => {
    let sent = 0
    let accepted = 0
    const next = () => {
      if (sent++ < messages) pair.send()
    }
    pair.accepted = () => {
      if (++accepted === messages) resolve()
      next()
    }
    for (let under = 0; under < 16 * UNDER_WAY; under++) next()
  })
  const started = performance.now()
  await new Promise<void>((resolve, reject) => {
    let arrived = 0
    pair.delivered = () => {
      if (++arrived === messages) resolve()
    }
    pair.comeBack().catch(reject)
  })
  return performance.now() - started
}
