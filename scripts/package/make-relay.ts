// `npm run package:relay`: the relay for servers, and the command-line tools, in out/relay. `-- --arch arm64` for another
// processor.

import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../run.ts'
import { makeRelayPackages } from './relay-packages.ts'
import { parseTarget } from './target.ts'

const { values } = parseArgs({ options: { arch: { type: 'string', default: process.arch } } })
const made = await makeRelayPackages(join(root, 'out', 'relay'), parseTarget('linux', values.arch).arch)
for (const file of Object.values(made)) console.log(file)
