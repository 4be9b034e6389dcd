// A relay whose clock stands still and whose dice always show the same: what was signed for it once is signed for it now.

import { verifySignature } from '../../src/engine/signal/verify.ts'
import { openSqlite } from '../../src/host/sqlite.ts'
import { createBell } from '../../src/relay/bell.ts'
import { openDiskBlobs } from '../../src/relay/blobs/disk.ts'
import { DEFAULT_LIMITS } from '../../src/relay/limits.ts'
import { createRelay } from '../../src/relay/relay.ts'
import { openSqliteStore } from '../../src/relay/stores/sqlite.ts'
import { createTestClock } from '../relay/clock.ts'
import type { RecordedConversation } from './golden.ts'

export interface FixedRelay {
  url: string
  close(): Promise<void>
}

/** In the folder, which is empty. */
export async function openFixedRelay(
  folder: string,
  { time, chance }: Pick<RecordedConversation, 'time' | 'chance'>,
): Promise<FixedRelay> {
  const random = { bytes: (count: number) => new Uint8Array(count).fill(chance) }
  const store = openSqliteStore(openSqlite({ file: `${folder}/relay.db` }), random)
  const silent = () => {}
  const relay = createRelay({
    store,
    blobs: await openDiskBlobs(`${folder}/blobs`),
    bell: createBell(),
    clock: createTestClock(time),
    random,
    log: { info: silent, warn: silent, error: silent },
    limits: DEFAULT_LIMITS,
    verify: verifySignature,
    access: { loopbackOnly: true, invitations: 'open' },
  })
  const { port } = await relay.listen({ host: '127.0.0.1', port: 0 })
  return {
    url: `ws://127.0.0.1:${port}`,
    close: async () => {
      await relay.close()
      await store.close()
    },
  }
}
