// The dice: chance from the operating system.

import { randomFillSync, randomUUID } from 'node:crypto'
import type { Random } from '../engine/ports.ts'

export const systemRandom: Random = {
  bytes: (count) => randomFillSync(new Uint8Array(count)),
  uuid: () => randomUUID(),
  fraction: () => Math.random(),
}
