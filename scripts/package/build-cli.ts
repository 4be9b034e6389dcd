// Bundles the command-line tools for people without this repository: Node does not run TypeScript out of node_modules.

import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'
import { root } from '../run.ts'
import { recordPackages } from './bundled.ts'

/** The tools and where their code begins. */
const tools = { relay: 'src/cli/relay.ts', chat: 'src/cli/chat.ts' } as const

/** Taken from node_modules as they are. */
const native = ['@signalapp/libsignal-client', '@signalapp/sqlcipher', 'keytar']

/** Writes `relay.js` and `chat.js` to `<folder>/cli`, and which packages are in them to `<folder>/bundled`. */
export async function buildCli(folder: string): Promise<void> {
  const outDir = join(folder, 'cli')
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    // What people run does not end because the environment says so.
    define: { 'process.env.SOTTO_FAILPOINT': 'undefined' },
    plugins: [recordPackages('cli')],
    ssr: { noExternal: true },
    build: {
      ssr: true,
      outDir,
      emptyOutDir: true,
      target: 'node22',
      rolldownOptions: {
        input: tools,
        external: [...native, 'bufferutil', 'utf-8-validate'],
        output: { banner: '#!/usr/bin/env node' },
      },
    },
  })
  for (const tool of Object.keys(tools)) chmodSync(join(outDir, `${tool}.js`), 0o755)
}
