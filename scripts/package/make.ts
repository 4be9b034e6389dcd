// `npm run package`: installers for this machine, in out/release. `-- --dir` makes the unpacked app alone, to look inside;
// `--platform` and `--arch` name another target, `--electron-dist DIR` an Electron that is here already.

import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from '../build.ts'
import { exitWith, root } from '../run.ts'
import { buildPackages } from './build-packages.ts'
import { inspectTree } from './inspect.ts'
import { writePapers } from './papers.ts'
import { nameOf, parseTarget, unpackedFolder } from './target.ts'

await exitWith(make(process.argv.slice(2)))

/** Resolves with 0 if everything was made and is as it has to be. */
async function make(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      dir: { type: 'boolean', default: false },
      platform: { type: 'string', default: process.platform },
      arch: { type: 'string', default: process.arch },
      'electron-dist': { type: 'string' },
    },
  })
  const target = parseTarget(values.platform, values.arch)
  if ((await build()) !== 0) return 1
  writePapers()
  const electronDist = values['electron-dist']
  const made = await buildPackages(target, values.dir ? ['dir'] : undefined, electronDist ? { electronDist } : {})
  const unpacked = join(root, 'out', 'release', unpackedFolder(target))
  const problems = await inspectTree(unpacked, target)
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) return 1
  console.log(`Made for ${nameOf(target)}:\n${[unpacked, ...made].join('\n')}`)
  return 0
}
