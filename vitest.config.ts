// vitest: everything but the end-to-end specs, on the real native modules.

import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { keepCompiled } from './scripts/compile-cache.ts'

keepCompiled()

/** What takes longest, by the beginning of its path: begun last, one worker would be busy with it and the other idle. */
const longest = ['test/crash/', 'test/relay/on-two-nodes', 'test/scenario/on-two-nodes', 'test/cli/']

/** The longest first, then as vitest would have it. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const found = longest.findIndex((path) => moduleId.startsWith(join(import.meta.dirname, path)))
      return found < 0 ? longest.length : found
    }
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other))
  }
}

export default defineConfig({
  test: {
    exclude: ['test/e2e/**', 'test/electron-standin/**', 'test/package/**'],
    // Native modules and killed processes want processes of their own, not threads.
    pool: 'forks',
    hookTimeout: 120_000,
    sequence: { sequencer: LongestFirst },
    // What is bound to happen does so at once on an idle machine. This one runs other tests meanwhile.
    expect: { poll: { timeout: 15_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['test/**/*.test.{ts,tsx}'],
          maxWorkers: 2,
          testTimeout: 90_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // The window in a real Chromium: one at a time, so that a busy machine is no reason to fail.
        extends: true,
        test: {
          name: 'window',
          include: ['test/renderer/*.spec.ts'],
          globalSetup: 'test/renderer/harness/serve-once.ts',
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 90_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
