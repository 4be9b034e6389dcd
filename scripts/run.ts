// Runs programs as children that share our terminal, and passes their end and our signals on.

import { type StdioOptions, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, join } from 'node:path'

export const root = join(import.meta.dirname, '..')

/** The environment with the project's own programs first on the PATH. */
export function projectEnvironment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const path = [join(root, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter)
  return { ...process.env, PATH: path, ...more }
}

/** The project's own tools, and the packages that bring them. */
const toolPackages = {
  biome: '@biomejs/biome',
  electron: 'electron',
  'electron-vite': 'electron-vite',
  playwright: '@playwright/test',
  tsc: 'typescript',
  vitest: 'vitest',
}

export type Tool = keyof typeof toolPackages

/** Runs one of the project's tools on our own Node: the same on every system, whatever its PATH says. */
export function runTool(tool: Tool, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  const folder = join(root, 'node_modules', toolPackages[tool])
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    bin: string | Record<string, string>
  }
  const script = typeof bin === 'string' ? bin : (bin[tool] ?? '')
  return run(process.execPath, [join(folder, script), ...args], projectEnvironment(env))
}

/** Ends the process with the code that `running` resolves with, or with 1 and only the message of what it threw. */
export async function exitWith(running: Promise<number>): Promise<void> {
  process.exitCode = await running.catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    return 1
  })
}

/**
 * Resolves with the exit code, as a shell would give it: 128 and the signal's number for a child that was killed.
 *
 * @param output a descriptor for all that it says, if that is not for our terminal; it hears nothing from there either then
 */
export function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  output?: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const stdio: StdioOptions = output === undefined ? 'inherit' : ['ignore', output, output]
    const child = spawn(command, args, { stdio, cwd: root, env })
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
