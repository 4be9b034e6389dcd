// vitest for packages: they take minutes, so that `npm run check:package` runs them and the other tests do not wait.

import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/package/**/*.test.ts'],
    pool: 'forks',
    // The builder keeps both processors busy by itself.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
})
