// The container has what the relay needs: laid out as the Dockerfile says, it starts, is administered and ends.

import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../relay/open.ts'
import { startRelay } from '../relay/process.ts'

const root = join(import.meta.dirname, '../..')
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8')

/** What a line of the Dockerfile that begins so goes on with. */
function said(instruction: string): string[] {
  return dockerfile
    .split('\n')
    .flatMap((line) => (line.startsWith(`${instruction} `) ? [line.slice(instruction.length + 1)] : []))
}

/** As `docker build` would copy it, with all packages of the lockfile. */
function layOut(): string {
  const folder = temporaryFolder()
  for (const line of said('COPY')) {
    const [target = '', ...sources] = line.split(' ').toReversed()
    for (const source of sources)
      cpSync(join(root, source), join(folder, target, target.endsWith('/') ? source : ''), {
        recursive: true,
        filter: (path) => !path.endsWith('.tsbuildinfo'),
      })
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

test('what it copies is all that the relay is made of, and its check of health finds it well', async () => {
  const relay = join(layOut(), 'src/cli/relay.ts')
  const data = temporaryFolder()
  const running = await startRelay(data, [], undefined, relay)
  const [, check = '[]'] = /CMD (\[.*\])/.exec(said('HEALTHCHECK')[0] ?? '') ?? []
  const [name, ...health] = JSON.parse(check) as string[]
  expect(name).toBe('sotto-relay')
  const ask = () => spawnSync(process.execPath, [relay, ...health], { env: { ...process.env, SOTTO_RELAY_DATA: data } })
  expect(ask().status).toBe(0)
  running.signal('SIGTERM')
  expect(await running.ended).toBe(0)
  expect(ask().status).toBe(1)
})

test('it needs no package but those that it installs', () => {
  const omitted = said('RUN').flatMap((line) => [...line.matchAll(/--omit=(\w+)/g)].map(([, kind]) => kind))
  expect(omitted).toContain('optional')
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; optional?: boolean }>
  }
  const code = execFileSync(
    'grep',
    ['-rhoE', "from '[@a-z][^']*'", ...said('COPY').flatMap((line) => line.match(/^src\/\S+/) ?? [])],
    {
      cwd: root,
      encoding: 'utf8',
    },
  )
  const names = new Set([...code.matchAll(/from '((?:@[^/']+\/)?[^/']+)/g)].map(([, name = '']) => name))
  const missing = [...names].filter((name) => {
    const entry = packages[`node_modules/${name}`]
    if (name.startsWith('node:')) return false
    return entry === undefined || entry.optional === true || (omitted.includes('dev') && entry.dev === true)
  })
  expect(missing).toEqual([])
})

test('with the settings of its environment and of compose.yml the relay would start', () => {
  const environment = Object.fromEntries(said('ENV').flatMap((line) => line.split(' ').map((pair) => pair.split('='))))
  const compose = readFileSync(join(root, 'compose.yml'), 'utf8')
  const command = /command:\s*\[([^\]]*)\]/.exec(compose)?.[1] ?? ''
  const options = [...command.matchAll(/['"]([^'"]+)['"]/g)].map(([, option = '']) => option)
  const check = spawnSync(process.execPath, [join(root, 'src/cli/relay.ts'), '--check-config', ...options], {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
  })
  expect(check.stderr).toBe('')
  expect(JSON.parse(check.stdout)).toMatchObject({ host: '0.0.0.0', tlsInFront: true, invited: true })
})
