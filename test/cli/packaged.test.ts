// What people run does not end because the environment says so: the bundled tools know no failpoints.

import { globSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { buildCli } from '../../scripts/package/build-cli.ts'
import { root } from '../../scripts/run.ts'
import { temporaryFolder } from '../relay/open.ts'
import { startRelay } from '../relay/process.ts'

const FAILPOINT = 'invite:before-commit:1'

test('the relay of this repository dies where the environment says, the packaged one does not', async () => {
  await expect(startRelay(temporaryFolder(), ['--invite', '1'], FAILPOINT)).rejects.toThrow('SIGKILL')

  const made = temporaryFolder()
  await buildCli(made)
  symlinkSync(join(root, 'node_modules'), join(made, 'node_modules'))
  const packaged = join(made, 'cli/relay.js')
  const relay = await startRelay(temporaryFolder(), ['--invite', '1'], FAILPOINT, packaged)
  expect(relay.printed).toContainEqual(expect.stringMatching(/^invitation /))
  relay.signal('SIGTERM')
  expect(await relay.ended).toBe(0)
  // The other tool too, and what they have in common.
  const bundles = globSync('cli/**/*.js', { cwd: made })
  expect(bundles).toContain('cli/chat.js')
  for (const bundle of bundles) expect(readFileSync(join(made, bundle), 'utf8')).not.toContain('env.SOTTO_FAILPOINT')
}, 60_000)
