// A lane: what is asked in the same turn, or while a batch is under way, goes to the database together.

import { StoreUnavailable } from '../../store.ts'

export interface Lane<Asked, Answered> {
  /** Resolves when the batch it went with is committed. Answers come in the order of asking. */
  ask(asked: Asked): Promise<Answered>
  /** Takes nothing more, and resolves when all is answered. */
  close(): Promise<void>
}

export interface LaneParts<Asked, Answered> {
  /** As many answers, in the same order. */
  run(batch: readonly Asked[]): Promise<readonly Answered[]>
  /** In one batch. */
  most: number
  /** Bytes of one, and in one batch, unless a single one has more. */
  weigh?(asked: Asked): number
  heaviest?: number
  /** Batches under way at once. With more than one, answers of different batches come in any order. Default: 1. */
  abreast?: number
  /** Calls `go` when the first of a batch has waited long enough; `before`: how many went with the last one. */
  gather(go: () => void, before: number): void
}

interface Waiting<Asked, Answered> {
  asked: Asked
  resolve(answered: Answered): void
  reject(error: unknown): void
}

export function createLane<Asked, Answered>(parts: LaneParts<Asked, Answered>): Lane<Asked, Answered> {
  const { run, most, weigh = () => 0, heaviest = 0, abreast = 1, gather } = parts
  let waiting: Waiting<Asked, Answered>[] = []
  let gathering = false
  let underWay = 0
  let before = 0
  let closed = false
  let tellEmpty = () => {}

  function takeBatch(): Waiting<Asked, Answered>[] {
    let weight = 0
    let count = 0
    for (const { asked } of waiting) {
      weight += weigh(asked)
      if (count > 0 && (count === most || weight > heaviest)) break
      count += 1
    }
    const batch = waiting.slice(0, count)
    before = count
    waiting = waiting.slice(count)
    return batch
  }

  /** One that fails by our mistake takes no other with it. */
  async function settle(batch: readonly Waiting<Asked, Answered>[]): Promise<void> {
    try {
      const answers = await run(batch.map(({ asked }) => asked))
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as Answered)
    } catch (error) {
      if (batch.length === 1 || error instanceof StoreUnavailable) for (const { reject } of batch) reject(error)
      else for (const one of batch) await settle([one])
    }
  }

  function go(): void {
    gathering = false
    while (waiting.length > 0 && underWay < abreast) {
      underWay += 1
      const done = () => {
        underWay -= 1
        wake()
      }
      settle(takeBatch()).then(done, done)
    }
  }

  function wake(): void {
    if (waiting.length === 0 && underWay === 0) tellEmpty()
    if (waiting.length === 0 || underWay >= abreast) return
    if (waiting.length >= most || closed) go()
    else if (!gathering) {
      gathering = true
      gather(go, before)
    }
  }

  return {
    ask: (asked) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new StoreUnavailable('closed'))
        waiting.push({ asked, resolve, reject })
        wake()
      }),
    close: () => {
      closed = true
      return new Promise((resolve) => {
        tellEmpty = resolve
        wake()
      })
    },
  }
}
