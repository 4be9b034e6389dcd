// `npm test`: every check the project has, in one go. It always runs to the end and closes with one line of counts.
// `npm test -- --only vitest,e2e` runs some steps only.

import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from './build.ts'
import { keepCompiled } from './compile-cache.ts'
import { type Counts, countClosed, countPlaywright, countVitest, none, oneCheck, sum, summary } from './counts.ts'
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
    ensureSystem([...e2eNeeds(chooseHost()), ...needs.protocol, ...needs.postgres])
      ? none
      : oneCheck(false, 'the system lacks what the tests need'),
  types: async () => oneCheck((await runTool('tsc', ['-b'])) === 0, 'types'),
  lint: async () => oneCheck((await runTool('biome', ['check', '--error-on-warnings'])) === 0, 'lint'),
  build: async () => oneCheck((await build()) === 0, 'build'),
  parts: () => runVitest('parts'),
  window: () => runVitest('window'),
  e2e: async () => {
    rmSync(join(root, e2eReport), { force: true })
    return countPlaywright(join(root, e2eReport), await runE2e([]))
  },
  package: async () => (process.platform === 'linux' ? checkPackages() : none),
} satisfies Record<string, () => Promise<Counts>>

type Step = keyof typeof steps

/** Run one after the other beside `parts`, so that no processor is idle where the one or the other waits. */
const besideParts: readonly Step[] = ['window', 'e2e', 'package']

keepCompiled()
await exitWith(runSteps())

/** Resolves with 0 if nothing failed. */
async function runSteps(): Promise<number> {
  const chosen = chosenSteps()
  const beside = chosen.includes('parts') ? chosen.filter((name) => besideParts.includes(name)) : []
  let total = await inOrder(chosen.filter((name) => name !== 'parts' && !beside.includes(name)))
  if (chosen.includes('parts')) {
    for (const counts of await Promise.all([runBeside(beside), inOrder(['parts'])])) total = sum(total, counts)
    if (beside.length > 0) console.log(`\n== beside it\n${readFileSync(join(root, besideLog), 'utf8')}`)
  }
  if (total.failures.length > 0) console.log(`\n== what failed\n${total.failures.join('\n')}\n`)
  console.log(summary(total))
  return total.failed === 0 ? 0 : 1
}

/** `vitest` is the tests of both its projects. */
function chosenSteps(): readonly Step[] {
  const { values } = parseArgs({ options: { only: { type: 'string' } } })
  const all = Object.keys(steps) as Step[]
  const wanted = values.only?.split(',').flatMap((name) => (name === 'vitest' ? ['parts', 'window'] : [name])) ?? all
  const unknown = wanted.find((name) => !(name in steps))
  if (unknown !== undefined) throw new Error(`No step is called ${unknown}; there are ${all.join(', ')}, and vitest`)
  return all.filter((name) => wanted.includes(name))
}

async function inOrder(names: readonly Step[]): Promise<Counts> {
  let total = none
  for (const name of names) total = sum(total, await announced(name, steps[name]))
  return total
}

/** In a process of their own, which is believed as anybody believes us: by its last line. */
async function runBeside(names: readonly Step[]): Promise<Counts> {
  if (names.length === 0) return none
  console.log(
    `\n== beside what follows: ${names.join(', ')}. What is said there stands in ${besideLog}, and here at the end.`,
  )
  mkdirSync(join(root, 'out'), { recursive: true })
  const log = openSync(join(root, besideLog), 'w')
  const args = [import.meta.filename, '--only', names.join()]
  const exitCode = await run(process.execPath, args, projectEnvironment(), log).catch((error: unknown) => {
    console.error(error)
    return 1
  })
  closeSync(log)
  return countClosed(readFileSync(join(root, besideLog), 'utf8'), exitCode)
}

/** A step that breaks counts as one failure, and the others still run. */
async function announced(name: string, step: () => Promise<Counts>): Promise<Counts> {
  console.log(`\n== ${name}`)
  const begun = performance.now()
  const counts = await step().catch((error: unknown) => {
    console.error(error)
    return oneCheck(false, `${name}: ${error}`)
  })
  const seconds = ((performance.now() - begun) / 1000).toFixed(1)
  console.log(`== ${name}: ${summary(counts)} in ${seconds} s`)
  return counts
}

/** The tests of one project of vitest.config.ts. */
async function runVitest(project: 'parts' | 'window'): Promise<Counts> {
  const report = `out/vitest/${project}.json`
  rmSync(join(root, report), { force: true })
  const args = ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const runInside = (more: NodeJS.ProcessEnv): Promise<number> => runTool('vitest', args, more)
  const exitCode = process.platform === 'linux' ? await withKeyring(runInside) : await runInside({})
  return countVitest(join(root, report), exitCode)
}
