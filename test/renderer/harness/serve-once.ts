// The window with the scripted engine is built once for a run, and served until its last spec has ended.

import type { TestProject } from 'vitest/node'
import { serveHarness } from './serve.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where it is served. */
    harness: string
  }
}

export default async function serveOnce(project: TestProject): Promise<() => Promise<void>> {
  const { url, close } = await serveHarness()
  project.provide('harness', url)
  return close
}
