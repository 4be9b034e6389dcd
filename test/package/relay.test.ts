// The relay for servers: what is packed runs without this repository, and the system that installs it is told the truth.

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeRelayPackages, type RelayPackages } from '../../scripts/package/relay-packages.ts'
import { root } from '../../scripts/run.ts'

const work = mkdtempSync(join(tmpdir(), 'sotto-relay-'))
let made: RelayPackages

beforeAll(async () => {
  made = await makeRelayPackages(join(work, 'made'), process.arch === 'arm64' ? 'arm64' : 'x64')
})
afterAll(() => rmSync(work, { recursive: true, force: true }))

test('the tarball: unpacked anywhere, the relay starts, is in good health, and ends when it is asked to', async () => {
  execFileSync('tar', ['-xzf', made.tarball, '-C', work])
  const args = ['--data', join(work, 'data'), '--port', '0']
  const relay = spawn(join(work, 'sotto-relay/bin/sotto-relay'), args, { stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    const [line] = (await once(createInterface({ input: relay.stdout }), 'line')) as [string]
    const [, address] = /^relay ready ws:\/\/(127\.0\.0\.1:\d+)$/.exec(line) ?? []
    expect((await fetch(`http://${address}/health`)).status).toBe(200)
    relay.kill('SIGTERM')
    expect(await once(relay, 'exit')).toEqual([0, null])
  } finally {
    relay.kill('SIGKILL')
  }
})

test('the Debian package: needs the Node it needs, keeps its settings, and brings a unit without mistakes', () => {
  const installed = join(work, 'installed')
  execFileSync('dpkg-deb', ['--raw-extract', made.deb, installed])
  const control = readFileSync(join(installed, 'DEBIAN/control'), 'utf8')
  expect(control).toContain('Depends: nodejs (>= 22.12.0)')
  expect(readFileSync(join(installed, 'DEBIAN/conffiles'), 'utf8')).toBe('/etc/default/sotto-relay\n')
  expect(existsSync(join(installed, 'usr/share/doc/sotto-relay/copyright'))).toBe(true)

  // systemd looks for the program of a unit, and it is not installed here.
  const unit = join(installed, 'usr/lib/systemd/system/sotto-relay.service')
  const here = readFileSync(unit, 'utf8').replace('/usr/bin/sotto-relay', join(installed, 'usr/bin/sotto-relay'))
  mkdirSync(join(work, 'units'))
  writeFileSync(join(work, 'units/sotto-relay.service'), here)
  // With what the document tells people to add to it.
  const document = readFileSync(join(root, 'docs/running-a-relay.md'), 'utf8')
  const additions = [...document.matchAll(/```ini\n([\s\S]*?)```/g)].map(([, addition = '']) => addition)
  expect(additions).toHaveLength(2)
  const addedTo = join(work, 'units/sotto-relay.service.d')
  mkdirSync(addedTo)
  for (const [index, addition] of additions.entries()) writeFileSync(join(addedTo, `${index}.conf`), addition)
  const verified = spawnSync('systemd-analyze', ['verify', '--man=no', join(work, 'units/sotto-relay.service')])
  expect({ status: verified.status, said: `${verified.stderr}` }).toEqual({ status: 0, said: '' })
  expect(here).toMatch(/^ExecReload=.*-HUP \$MAINPID$/m)
})

test('the npm package: both tools find all they need, and say how they are used', () => {
  execFileSync('tar', ['-xzf', made.npm, '-C', work])
  symlinkSync(join(root, 'node_modules'), join(work, 'package/node_modules'))
  for (const tool of ['relay', 'chat']) {
    const { stdout, stderr } = spawnSync(process.execPath, [join(work, 'package', `${tool}.js`), '--help'])
    expect(`${stdout}${stderr}`).toContain('--data DIR')
  }
})
