// Starts the relay in a process of its own that ends with this one.

import { join } from 'node:path'
import { utilityProcess } from 'electron'
import type { RelayProcess, RelayReport } from './local-relay.ts'

export function startRelayProcess(folder: string): RelayProcess {
  const child = utilityProcess.fork(join(import.meta.dirname, 'relay-process.js'), [folder], {
    serviceName: 'Sotto relay',
    stdio: 'ignore',
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const told = new Promise<RelayReport>((resolve) => child.once('message', resolve))
  return {
    report: Promise.race([told, ended.then((): RelayReport => 'failed')]),
    ended,
    stop: () => child.postMessage('stop'),
    kill: () => void child.kill(),
  }
}
