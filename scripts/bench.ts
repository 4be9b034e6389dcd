// `npm run bench`: what Sotto costs, beside what the same would cost without it. docs/testing.md tells how to read it.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './run.ts'

const bench = join(root, 'test', 'bench', 'run.ts')
process.exitCode = spawnSync(process.execPath, [bench, ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1
