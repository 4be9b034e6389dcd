// `npm run e2e`: the end-to-end specs on real Electron or its stand-in. `--real` insists on the real one; the rest goes to
// Playwright: `npm run e2e -- -g "second instance"`.

import { build, isStale } from './build.ts'
import { withDisplay, withKeyring } from './display.ts'
import { chooseHost, type Host, hostEnvironment, hostNeeds } from './electron.ts'
import { exitWith, runTool } from './run.ts'
import { ensureSystem, type Need, needs } from './system.ts'

/** Where playwright.config.ts leaves the JSON report, from the project's root. */
export const e2eReport = 'out/e2e/report.json'

export function e2eNeeds(host: Host): readonly Need[] {
  return [...hostNeeds(host), ...needs.keychain, ...needs.keyring, ...needs.display, ...needs.input]
}

/**
 * Resolves with Playwright's exit code.
 *
 * @param forced which host, whatever could be had
 * @param more environment for the specs
 */
export async function runE2e(args: readonly string[], forced?: Host, more: NodeJS.ProcessEnv = {}): Promise<number> {
  const host = chooseHost(forced)
  if (!ensureSystem(e2eNeeds(host))) return 1
  console.log(host === 'real' ? 'Host: real Electron' : 'Host: the stand-in for Electron')
  const runPlaywright = (surroundings: NodeJS.ProcessEnv): Promise<number> =>
    runTool('playwright', ['test', ...args], { ...hostEnvironment(host), ...more, ...surroundings })
  if (process.platform !== 'linux') return runPlaywright({})
  return withDisplay((screen) => withKeyring((home) => runPlaywright({ ...screen, ...home })))
}

if (process.argv[1] === import.meta.filename) await exitWith(runByHand(process.argv.slice(2)))

/** Of what is built now: specs that run against an earlier build tell nothing. */
async function runByHand(args: readonly string[]): Promise<number> {
  if (isStale() && (await build()) !== 0) return 1
  const forPlaywright = args.filter((argument) => argument !== '--real')
  return runE2e(forPlaywright, args.includes('--real') ? 'real' : undefined)
}
