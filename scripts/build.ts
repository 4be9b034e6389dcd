// Builds the app into out/, and knows whether that is needed.

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { root, runTool } from './run.ts'

const sources = ['src', 'resources', 'package.json', 'electron.vite.config.ts']
const results = ['out/main/index.js', 'out/preload', 'out/renderer/index.html']

/** Resolves with electron-vite's exit code. */
export function build(): Promise<number> {
  return runTool('electron-vite', ['build', '--logLevel', 'warn'])
}

/** True if something was changed after the last build, or nothing was built yet. */
export function isStale(): boolean {
  const oldest = Math.min(...results.map((path) => newestChange(join(root, path)) ?? 0))
  const newest = Math.max(...sources.map((path) => newestChange(join(root, path)) ?? 0))
  return newest > oldest
}

/** When the file, or any file in the folder, was last written; undefined if it is not there. */
function newestChange(path: string): number | undefined {
  const entry = statSync(path, { throwIfNoEntry: false })
  if (!entry?.isDirectory()) return entry?.mtimeMs
  return Math.max(0, ...readdirSync(path).map((name) => newestChange(join(path, name)) ?? 0))
}
