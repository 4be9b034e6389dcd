// `npm test`: every check the project has, in one go. It always runs to the end and closes with one line of counts.
// `npm test -- --only vitest,e2e` runs some steps only.

import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from './build.ts'
import { keepCompiled } from './compile-cache.ts'
import { type Counts, countClosed, countPlaywright, countVitest, none, sum, summary } from './counts.ts'
import { withKeyring } from './display.ts'
import { e2eNeeds, e2eReport, runE2e } from './e2e.ts'
import { chooseHost } from './electron.ts'
import { checkPackages } from './package/check.ts'
import { exitWith, projectEnvironment, root, run, runTool } from './run.ts'
import { ensureSystem, needs } from './system.ts'

/** What is said by the steps that run beside the others. */
const besideLog = 'out/beside.log'

const steps = {
  system: async () =>
    ensureSystem([...e2eNeeds(chooseHost()), ...needs.protocol, ...needs.postgres]) ? none : { ...none, failed: 1 },
  types: () => oneCheck(runTool('tsc', ['-b'])),
  lint: () => oneCheck(runTool('biome', ['check', '--error-on-warnings'])),
  build: () => oneCheck(build()),
  vitest: async () =>
    process.platform === 'linux' ? await withKeyring((home) => runVitest('parts', home)) : await runVitest('parts'),
  window: () => runVitest('window'),
  e2e: async () => {
    rmSync(join(root, e2eReport), { force: true })
    return countPlaywright(join(root, e2eReport), await runE2e([]))
  },
  package: async () => (process.platform === 'linux' ? checkPackages() : none),
} satisfies Record<string, () => Promise<Counts>>

type Step = keyof typeof steps

/** Windows wait more than they work, the other tests the other way round: beside each other they keep all processors busy. */
const besideOthers: readonly Step[] = ['window', 'e2e', 'package']

keepCompiled()
await exitWith(runSteps())

/** Resolves with 0 if nothing failed. */
async function runSteps(): Promise<number> {
  const chosen = chosenSteps()
  const beside = chosen.filter((name) => besideOthers.includes(name))
  let total = none
  if (chosen.includes('vitest') && beside.length > 0) {
    const before = chosen.filter((name) => name !== 'vitest' && !beside.includes(name))
    total = await inOrder(before)
    for (const counts of await Promise.all([runBeside(beside), inOrder(['vitest'])])) total = sum(total, counts)
    console.log(`\n== what was said beside it\n${readFileSync(join(root, besideLog), 'utf8')}`)
  } else {
    total = await inOrder(chosen)
  }
  console.log(summary(total))
  return total.failed === 0 ? 0 : 1
}

function chosenSteps(): readonly Step[] {
  const { values } = parseArgs({ options: { only: { type: 'string' } } })
  const all = Object.keys(steps) as Step[]
  const wanted = values.only?.split(',') ?? all
  const unknown = wanted.find((name) => !(name in steps))
  if (unknown !== undefined) throw new Error(`No step is called ${unknown}; there are ${all.join(', ')}`)
  return all.filter((name) => wanted.includes(name))
}

async function inOrder(names: readonly Step[]): Promise<Counts> {
  let total = none
  for (const name of names) total = sum(total, await announced(name, steps[name]))
  return total
}

/** One after the other, in a process of their own that we believe as anybody believes us: by its last line. */
async function runBeside(names: readonly Step[]): Promise<Counts> {
  console.log(`\n== ${names.join(', ')}: beside what follows; what they say is shown at the end`)
  mkdirSync(join(root, 'out'), { recursive: true })
  const log = openSync(join(root, besideLog), 'w')
  const args = [import.meta.filename, '--only', names.join()]
  const exitCode = await run(process.execPath, args, projectEnvironment(), log).finally(() => closeSync(log))
  return countClosed(readFileSync(join(root, besideLog), 'utf8'), exitCode)
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

/** The tests of one project of vitest.config.ts. */
async function runVitest(project: 'parts' | 'window', more: NodeJS.ProcessEnv = {}): Promise<Counts> {
  const report = `out/vitest/${project}.json`
  rmSync(join(root, report), { force: true })
  const args = ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  return countVitest(join(root, report), await runTool('vitest', args, more))
}
