// What a device costs that is connected and says nothing.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as path } from 'node:path'
import { join, makePerson } from '../../relay/device.ts'
import { memory, SCRIPTS, startServer } from './processes.ts'

/** Connecting at once. */
const AT_ONCE = 50
/** The first ones also pay for what is there once. */
const WARM_UP = 200

/** Bytes of the relay's resident memory per 1,000 authenticated devices. Rejects if one of them is not held. */
export async function measureIdle(sockets: number): Promise<number> {
  const folder = mkdtempSync(path(tmpdir(), 'sotto-bench-'))
  const server = await startServer(SCRIPTS.relay, path(folder, 'bench.sqlite'))
  try {
    let connected = 0
    let closed = 0
    const connect = async (until: number) => {
      while (connected < until) {
        const some = Array.from({ length: Math.min(AT_ONCE, until - connected) }, () =>
          makePerson(`idle${connected++}`),
        )
        for (const line of await Promise.all(some.map((person) => join({ url: server.url }, person)))) {
          line.closed.then(
            () => closed++,
            () => closed++,
          )
        }
      }
    }
    await connect(WARM_UP)
    const before = memory(server.pid)
    await connect(WARM_UP + sockets)
    // Long enough for what connecting left behind to be collected.
    await new Promise((resolve) => setTimeout(resolve, 30_000))
    if (closed > 0) throw new Error(`${closed} devices were not held`)
    const perThousand = ((memory(server.pid) - before) * 1000) / sockets
    console.log(`  ${(perThousand / 1e6).toFixed(1)} MB per 1,000`)
    return perThousand
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true })
  }
}
