// `npm test`: every check the project has, in one go. It always runs to the end and closes with one line of counts.
// `npm test -- --only vitest,e2e` runs some steps only.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from './build.ts'
import { type Counts, countPlaywright, countVitest, none, sum, summary } from './counts.ts'
import { withKeyring } from './display.ts'
import { e2eNeeds, e2eReport, runE2e } from './e2e.ts'
import { chooseHost } from './electron.ts'
import { checkPackages } from './package/check.ts'
import { exitWith, root, runTool } from './run.ts'
import { ensureSystem, needs } from './system.ts'

const vitestReport = 'out/vitest/report.json'

const steps = {
  system: async () =>
    ensureSystem([...e2eNeeds(chooseHost()), ...needs.protocol, ...needs.postgres]) ? none : { ...none, failed: 1 },
  types: () => oneCheck(runTool('tsc', ['-b'])),
  lint: () => oneCheck(runTool('biome', ['check', '--error-on-warnings'])),
  build: () => oneCheck(build()),
  vitest: runVitest,
  e2e: async () => {
    rmSync(join(root, e2eReport), { force: true })
    return countPlaywright(join(root, e2eReport), await runE2e([]))
  },
  package: async () => (process.platform === 'linux' ? checkPackages() : none),
} satisfies Record<string, () => Promise<Counts>>

await exitWith(runSteps())

/** Resolves with 0 if nothing failed. */
async function runSteps(): Promise<number> {
  const chosen = chosenSteps()
  let total = none
  for (const [name, step] of Object.entries(steps)) {
    if (chosen.includes(name)) total = sum(total, await announced(name, step))
  }
  console.log(summary(total))
  return total.failed === 0 ? 0 : 1
}

function chosenSteps(): readonly string[] {
  const { values } = parseArgs({ options: { only: { type: 'string' } } })
  const chosen = values.only?.split(',') ?? Object.keys(steps)
  const unknown = chosen.find((name) => !(name in steps))
  if (unknown === undefined) return chosen
  throw new Error(`No step is called ${unknown}; there are ${Object.keys(steps).join(', ')}`)
}

/** A step that breaks counts as one failure, and the others still run. */
async function announced(name: string, step: () => Promise<Counts>): Promise<Counts> {
  console.log(`\n== ${name}`)
  const begun = performance.now()
  const counts = await step().catch((error: unknown) => {
    console.error(error)
    return { ...none, failed: 1 }
  })
  const seconds = ((performance.now() - begun) / 1000).toFixed(1)
  console.log(`== ${name}: ${summary(counts)} in ${seconds} s`)
  return counts
}

async function oneCheck(exitCode: Promise<number>): Promise<Counts> {
  return (await exitCode) === 0 ? { ...none, passed: 1 } : { ...none, failed: 1 }
}

async function runVitest(): Promise<Counts> {
  rmSync(join(root, vitestReport), { force: true })
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${vitestReport}`]
  const runInside = (more: NodeJS.ProcessEnv): Promise<number> => runTool('vitest', args, more)
  const exitCode = process.platform === 'linux' ? await withKeyring(runInside) : await runInside({})
  return countVitest(join(root, vitestReport), exitCode)
}
