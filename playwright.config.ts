// Playwright: windows of the real app, one at a time. scripts/e2e.ts says on which host.

import { defineConfig } from '@playwright/test'
import { keepCompiled } from './scripts/compile-cache.ts'

keepCompiled()

export default defineConfig({
  testDir: 'test/e2e',
  outputDir: 'out/e2e/artifacts',
  // Other tests run beside these: what an idle machine shows at once may take its time.
  timeout: 120_000,
  expect: { timeout: 15_000 },
  workers: 1,
  fullyParallel: false,
  retries: 0,
  forbidOnly: true,
  reporter: [['list'], ['json', { outputFile: 'out/e2e/report.json' }]],
})
