#!/usr/bin/env node
// Stands in for fpm, which the builder makes Debian packages with: understands what the builder says, and asks dpkg-deb.

import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const named = new Map<string, string[]>()
const contents: { from: string; to: string }[] = []
const args = process.argv.slice(2)
for (let index = 0; index < args.length; index++) {
  const argument = args[index] ?? ''
  if (argument === '--force') continue
  if (argument.startsWith('-')) {
    const [name = '', value = args[++index] ?? ''] = argument.split('=', 2)
    named.set(name, [...(named.get(name) ?? []), value])
  } else {
    const [from = '', to = ''] = argument.split('=')
    contents.push({ from, to })
  }
}
const one = (name: string): string => named.get(name)?.at(-1) ?? ''
const all = (name: string): string => (named.get(name) ?? []).join(', ')

if (one('-t') !== 'deb') throw new Error(`Only Debian packages are made here, not ${one('-t')}`)
const tree = mkdtempSync(join(tmpdir(), 'sotto-deb-'))
try {
  chmodSync(tree, 0o755)
  for (const { from, to } of contents) {
    mkdirSync(dirname(join(tree, to)), { recursive: true })
    if (statSync(from).isDirectory()) cpSync(from, join(tree, to), { recursive: true, verbatimSymlinks: true })
    else copyFileSync(from, join(tree, to))
  }
  mkdirSync(join(tree, 'DEBIAN'))
  const fields = {
    Package: one('--name'),
    Version: one('--version'),
    Architecture: one('--architecture'),
    Maintainer: one('--maintainer'),
    Depends: all('-d'),
    Recommends: all('--deb-recommends'),
    Section: one('--category'),
    Priority: one('--deb-priority'),
    Homepage: one('--url'),
    Description: one('--description').trim(),
  }
  const lines = Object.entries(fields).filter(([, value]) => value !== '')
  writeFileSync(join(tree, 'DEBIAN/control'), lines.map(([name, value]) => `${name}: ${value}\n`).join(''))
  for (const [name, script] of [
    ['--after-install', 'postinst'],
    ['--after-remove', 'postrm'],
  ] as const) {
    writeFileSync(join(tree, 'DEBIAN', script), '', { mode: 0o755 })
    copyFileSync(one(name), join(tree, 'DEBIAN', script))
    chmodSync(join(tree, 'DEBIAN', script), 0o755)
  }
  execFileSync('dpkg-deb', ['--root-owner-group', '-Znone', '--build', tree, one('--package')])
} finally {
  rmSync(tree, { recursive: true, force: true })
}
