// A relay in a process of its own, to be killed.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import type { Address } from './device.ts'

export const RELAY = join(import.meta.dirname, '../../src/cli/relay.ts')

export interface RelayProcess extends Address {
  /** All it has printed. */
  printed: string[]
  /** The exit code, or the signal that ended it. */
  ended: Promise<number | string>
  signal(name: 'SIGHUP' | 'SIGTERM' | 'SIGKILL' | 'SIGUSR2'): void
}

export async function startRelay(
  data: string,
  options: readonly string[] = [],
  failpoint?: string,
  relay = RELAY,
): Promise<RelayProcess> {
  const child = spawn(process.execPath, [relay, '--data', data, '--port', '0', ...options], {
    env: { ...process.env, ...(failpoint !== undefined && { SOTTO_FAILPOINT: failpoint }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = once(child, 'exit').then(([code, signal]): number | string => code ?? signal)
  const printed: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => printed.push(line))
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      printed.push(line)
      const [, ready] = /^relay ready (.+)$/.exec(line) ?? []
      if (ready !== undefined) resolve(ready)
    })
    ended.then((code) => reject(new Error(`ended with ${code}: ${printed.join(' ')}`)), reject)
  })
  return { url, printed, ended, signal: (name) => void child.kill(name) }
}
