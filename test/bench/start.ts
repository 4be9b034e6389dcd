// What opening the app takes, beside a window that says hello, in the same shell (real Electron, or its stand-in).
//
// start: from starting the process until two frames after the screen is there: for Sotto the list of conversations of a
// profile whose key is in the keychain. memory: what its processes hold, shared pages divided among those who share them.
// idle: processor time when nobody does anything. Driven by Playwright, which both pay for.

import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { _electron, type ElectronApplication, type Page } from '@playwright/test'
import { build, isStale } from '../../scripts/build.ts'
import { type Environment, withDisplay, withKeyring } from '../../scripts/display.ts'
import { chooseHost, hostEnvironment, sandboxArguments } from '../../scripts/electron.ts'
import { root } from '../../scripts/run.ts'
import { say } from '../../src/renderer/text/say.ts'
import { makeProfile } from '../e2e/doing.ts'
import type { Bench } from './bench.ts'

/** Milliseconds: until all has settled after the start, and how long it is watched then. */
const SETTLED = 4_000
const WATCHED = 5_000
const HELLO = join(import.meta.dirname, 'hello')

interface Cost {
  milliseconds: number
  megabytes: number
  /** Of one processor. */
  busy: number
}

export const start: Bench = {
  measures: [
    { name: 'start', unit: 'ms until the screen is there', goal: 1.6 },
    { name: 'memory', unit: 'MiB of all processes', goal: undefined },
    { name: 'idle', unit: '% of a processor', goal: undefined },
  ],
  async open() {
    if (isStale() && (await build()) !== 0) throw new Error('the app could not be built')
    const surroundings = await enter()
    const folder = await mkdtemp(join(tmpdir(), 'sotto-bench-start-'))
    // Playwright looks for Electron in the environment of its own process, too.
    for (const [name, value] of Object.entries({ ...hostEnvironment(chooseHost()), ...surroundings.environment })) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
    const launch = (args: readonly string[]) =>
      _electron.launch({ args: [...args, ...sandboxArguments()], cwd: root, env: defined(process.env) })
    const sotto = [root, '--profile', 'bench', '--data', join(folder, 'data')]
    const hello = [HELLO, `--user-data-dir=${join(folder, 'hello')}`]
    const first = await launch(sotto)
    await makeProfile(await first.firstWindow(), 'Bench', 'bench')
    await first.close()
    const title = say('list.title')
    return {
      async pair() {
        const floor = await cost(() => launch(hello), 'Hello')
        const product = await cost(() => launch(sotto), title)
        return [
          { floor: floor.milliseconds, product: product.milliseconds },
          { floor: floor.megabytes, product: product.megabytes },
          { floor: floor.busy, product: product.busy },
        ]
      },
      close: async () => {
        await surroundings.leave()
        rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
      },
    }
  },
}

async function cost(launch: () => Promise<ElectronApplication>, heading: string): Promise<Cost> {
  const started = performance.now()
  const app = await launch()
  const page = await app.firstWindow()
  await page.getByRole('heading', { name: heading, exact: true }).waitFor()
  await painted(page)
  const milliseconds = performance.now() - started
  await pause(SETTLED)
  const before = spent(app)
  await pause(WATCHED)
  const busy = ((spent(app) - before) / WATCHED) * 100
  const megabytes = held(app)
  await app.close()
  return { milliseconds, megabytes, busy }
}

function painted(page: Page): Promise<unknown> {
  return page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
}

/** A display and a keychain of its own, until it is left. */
async function enter(): Promise<{ environment: Environment; leave(): Promise<void> }> {
  let leave = () => {}
  const left = new Promise<void>((resolve) => {
    leave = resolve
  })
  let over: Promise<unknown> = Promise.resolve()
  const environment = await new Promise<Environment>((resolve, reject) => {
    over = withDisplay((screen) =>
      withKeyring((home) => {
        resolve({ ...screen, ...home })
        return left
      }),
    )
    over.catch(reject)
  })
  return {
    environment,
    async leave() {
      leave()
      await over
    },
  }
}

function defined(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

/** The app's process and all that came of it: they are of Linux, as the stand-in is. */
function family(app: ElectronApplication): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    const parent = statOf(Number(name))?.[1]
    if (parent !== undefined) parents.set(Number(name), Number(parent))
  }
  const pids = [app.process().pid ?? 0]
  for (const pid of pids) for (const [child, parent] of parents) if (parent === pid) pids.push(child)
  return pids
}

/** What stands behind the name in /proc/PID/stat; undefined: there is no such process any more. */
function statOf(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')
  } catch {
    return undefined
  }
}

/** Milliseconds of processor time, user and system: the kernel counts in hundredths of a second. */
function spent(app: ElectronApplication): number {
  return family(app).reduce((sum, pid) => sum + Number(statOf(pid)?.[11] ?? 0) + Number(statOf(pid)?.[12] ?? 0), 0) * 10
}

function held(app: ElectronApplication): number {
  return family(app).reduce((sum, pid) => sum + proportionalSize(pid), 0) / 1024
}

/** In KiB. */
function proportionalSize(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
