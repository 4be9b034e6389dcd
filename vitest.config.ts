// vitest: everything but the end-to-end specs, on the real native modules.

import { defineConfig } from 'vitest/config'
import { keepCompiled } from './scripts/compile-cache.ts'

keepCompiled()

export default defineConfig({
  test: {
    exclude: ['test/e2e/**', 'test/electron-standin/**', 'test/package/**'],
    // Native modules and killed processes want processes of their own, not threads.
    pool: 'forks',
    hookTimeout: 120_000,
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
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 90_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
