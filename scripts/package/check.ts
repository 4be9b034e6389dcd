// `npm run check:package`: builds the packages of all systems as far as this machine allows, looks into them, and lets two
// people talk over the app that was packed for Linux. What it cannot see is listed in docs/releasing.md.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { extractAll } from '@electron/asar'
import { build, isStale } from '../build.ts'
import { type Counts, countPlaywright, countVitest, oneCheck, sum, summary } from '../counts.ts'
import { withDisplay, withKeyring } from '../display.ts'
import { e2eNeeds, e2eReport, runE2e } from '../e2e.ts'
import { chooseHost, hostEnvironment, sandboxArguments } from '../electron.ts'
import { exitWith, root, runTool } from '../run.ts'
import { ensureSystem, needs } from '../system.ts'
import { buildPackages } from './build-packages.ts'
import { writePapers } from './papers.ts'
import { makeStandinDistribution } from './standin-dist.ts'
import { parseTarget, resourcesFolder, unpackedFolder } from './target.ts'

const vitestReport = 'out/vitest/package.json'
const packed = { SOTTO_STANDIN_PACKAGED: '1' }
/** What the two do who have only the packed app. */
const story = ['first-minute.spec.ts', '-g', 'by mouse']

/** On Linux only: the tools that make and open packages are there. */
export async function checkPackages(): Promise<Counts> {
  if (process.platform !== 'linux') throw new Error('Packages are checked on Linux')
  if (!ensureSystem([...e2eNeeds(chooseHost('standin')), ...needs.packaging]))
    return oneCheck(false, 'the system lacks what packaging needs')
  if (isStale() && (await build()) !== 0) return oneCheck(false, 'build')
  return sum(await inspectAll(), await tryPackedApp())
}

async function inspectAll(): Promise<Counts> {
  rmSync(join(root, vitestReport), { force: true })
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${vitestReport}`]
  const args = ['run', '--config', 'test/package/vitest.config.ts', ...reporters]
  return countVitest(join(root, vitestReport), await runTool('vitest', args))
}

/** The packed app, taken out of its archive, runs on the stand-in: if a file were missing from the package, it would not. */
async function tryPackedApp(): Promise<Counts> {
  const target = parseTarget('linux', process.arch)
  const work = mkdtempSync(join(tmpdir(), 'sotto-packed-'))
  try {
    writePapers()
    const electronDist = await makeStandinDistribution(work, target)
    const directories = { output: join(work, 'made'), buildResources: 'resources' }
    await buildPackages(target, ['dir'], { electronDist, directories })
    const resources = resourcesFolder(join(work, 'made', unpackedFolder(target)), target)
    const app = join(work, 'app')
    extractAll(join(resources, 'app.asar'), app)
    return sum(await smokeTest(app, join(work, 'data')), await talkOver(app))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

async function smokeTest(app: string, data: string): Promise<Counts> {
  const args = [app, ...sandboxArguments(), '--smoke-test', '--data', data]
  const exitCode = await withDisplay((screen) =>
    withKeyring((home) => runTool('electron', args, { ...hostEnvironment('standin'), ...packed, ...screen, ...home })),
  )
  return oneCheck(exitCode === 0, 'the smoke test of the packed app')
}

async function talkOver(app: string): Promise<Counts> {
  rmSync(join(root, e2eReport), { force: true })
  const exitCode = await runE2e(story, 'standin', { SOTTO_E2E_APP: app, ...packed })
  return countPlaywright(join(root, e2eReport), exitCode)
}

if (process.argv[1] === import.meta.filename) {
  const checked = checkPackages().then((counts) => {
    console.log(summary(counts))
    return counts.failed === 0 ? 0 : 1
  })
  await exitWith(checked)
}
