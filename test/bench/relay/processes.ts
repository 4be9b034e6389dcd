// Servers in processes of their own, and what they cost: processor time and memory, read from /proc (Linux).

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** Of /proc/PID/stat: sysconf(_SC_CLK_TCK), which is 100 wherever Linux runs on what we run on. */
const TICKS_A_SECOND = 100
const folder = import.meta.dirname

export const SCRIPTS = {
  relay: join(folder, 'server.ts'),
  reference: join(folder, '../../relay/reference.ts'),
  fanOutReference: join(folder, 'fan-out-reference.ts'),
  referenceOnPostgres: join(folder, '../../relay/reference-postgres.ts'),
}

export interface Server {
  url: string
  pid: number
  stop(): Promise<void>
}

/** Resolves when it has said where it listens. */
export async function startServer(script: string, place: string): Promise<Server> {
  const child = spawn(process.execPath, [script, place], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })
  const [line] = (await Promise.race([once(lines, 'line'), ended])) as [unknown]
  if (typeof line !== 'string') throw new Error(`${script} ended before it was ready`)
  return {
    url: line.split(' ').at(-1) ?? '',
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Milliseconds of user and system time of these processes, their descendants, and those of them that have ended. */
export function processorTime(roots: readonly number[]): number {
  const parents = new Map(processes().map(({ pid, parent }) => [pid, parent]))
  const belongs = (pid: number | undefined): boolean =>
    pid !== undefined && pid > 1 && (roots.includes(pid) || belongs(parents.get(pid)))
  return processes()
    .filter(({ pid }) => belongs(pid))
    .reduce((sum, { ticks }) => sum + (ticks * 1000) / TICKS_A_SECOND, 0)
}

/** Bytes resident, of one process. */
export function memory(pid: number): number {
  const [, kilobytes = '0'] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) * 1024
}

function processes(): { pid: number; parent: number; ticks: number }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      // Behind the program's name, which may have spaces: state, parent, …, utime, stime, cutime, cstime.
      const fields = readOrNothing(`/proc/${name}/stat`).split(') ').at(-1)?.split(' ') ?? []
      if (fields.length < 15) return []
      const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
      return { pid: Number(name), parent: Number(fields[1]), ticks }
    })
}

/** It may have ended meanwhile. */
function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
