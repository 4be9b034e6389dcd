// A network that breaks: TCP to the relay and back, cut after so many bytes as often as it is told.

import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import type { RelayAddress } from '../../../src/engine/ports.ts'

export interface CuttingProxy {
  address(): RelayAddress
  /** Connections from now on last for so many bytes in both directions together; so many of them. */
  cutAfter(bytes: number, times: number): void
  /** Connections that were cut. */
  cuts(): number
}

export async function cuttingProxy(relay: () => RelayAddress): Promise<CuttingProxy> {
  let allowed = Number.POSITIVE_INFINITY
  let times = 0
  let cuts = 0
  const open = new Set<Socket>()

  const server: Server = createServer((device) => {
    const target = connect(Number(new URL(relay().url).port), '127.0.0.1')
    const isLimited = times > 0
    if (isLimited) times -= 1
    let left = isLimited ? allowed : Number.POSITIVE_INFINITY
    const end = () => {
      device.destroy()
      target.destroy()
    }
    const pass = (from: Socket, to: Socket) => {
      open.add(from)
      let isFirst = true
      from.on('data', (given: Buffer) => {
        const chunk = isFirst ? withHost(given, relay()) : given
        isFirst = false
        const part = chunk.subarray(0, left)
        left -= part.length
        if (part.length === chunk.length) return void to.write(part)
        cuts += 1
        from.pause()
        // What was let through still arrives: a network that breaks, not one that forgets.
        to.write(part, end)
      })
      from.on('error', end)
      from.on('close', () => {
        open.delete(from)
        to.end()
      })
    }
    pass(device, target)
    pass(target, device)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    address: () => ({ url: `ws://127.0.0.1:${port}` }),
    cutAfter: (bytes, count) => {
      allowed = bytes
      times = count
    },
    cuts: () => cuts,
  }
}

/** A relay on loopback lets nobody in who asks for another host than it is. */
function withHost(head: Buffer, { url }: RelayAddress): Buffer {
  const text = head.toString('latin1')
  return Buffer.from(text.replace(/^host: .*$/im, `Host: ${new URL(url).host}`), 'latin1')
}
