// `npm run demo`: two people in two windows, and a relay between them, without a display. It leaves pictures and a
// transcript in out/demo.

import { build, isStale } from './build.ts'
import { runE2e } from './e2e.ts'
import { exitWith } from './run.ts'

await exitWith(demonstrate())

/** Resolves with the exit code: 0 if all that was shown is so. */
async function demonstrate(): Promise<number> {
  if (isStale()) {
    const built = await build()
    if (built !== 0) return built
  }
  const code = await runE2e(['test/e2e/demo.spec.ts'])
  if (code === 0) console.log('What was said and seen: out/demo/transcript.md')
  return code
}
