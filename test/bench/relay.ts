// What a message costs the relay: processor time of its process per 1,000 messages of 1 KiB, 25 pairs with eight under
// way each, against the bare server of test/relay/reference.ts. Linux: it reads /proc. `npm run bench:relay` has the rest.

import type { Bench } from './bench.ts'
import { referenceInFile, relayInFile, type Start, whileRunning } from './relay/contenders.ts'
import { LOAD, measureCost } from './relay/measures.ts'

async function cost(start: Start): Promise<number> {
  return (await whileRunning(start, (running) => measureCost(running, LOAD))).processor
}

export const relay: Bench = {
  measures: [{ name: 'relay', unit: 'ms CPU of its process per 1,000 of 1 KiB', goal: undefined }],
  open: async () => ({
    pair: async () => [{ floor: await cost(referenceInFile), product: await cost(relayInFile) }],
    close: async () => {},
  }),
}
