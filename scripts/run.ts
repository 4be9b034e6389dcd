// Runs a program as a child that shares our terminal, and passes its end and our signals on.

import { type SpawnOptions, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { delimiter, join } from 'node:path'

export const root = join(import.meta.dirname, '..')

/** The environment with the project's own programs first on the PATH. */
export function projectEnvironment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const path = [join(root, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter)
  return { ...process.env, PATH: path, ...more }
}

/** Resolves with the exit code, as a shell would give it: 128 and the signal's number for a child that was killed. */
export function run(command: string, args: readonly string[], options: SpawnOptions = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', cwd: root, env: projectEnvironment(), ...options })
    const pass = (signal: NodeJS.Signals): void => void child.kill(signal)
    process.on('SIGINT', pass).on('SIGTERM', pass)
    const done = (): void => void process.off('SIGINT', pass).off('SIGTERM', pass)
    child.on('error', (error) => {
      done()
      reject(error)
    })
    child.on('exit', (code, signal) => {
      done()
      resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL'])
    })
  })
}
