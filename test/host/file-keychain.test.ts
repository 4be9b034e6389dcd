// The keychain in a file: what it keeps, what it refuses, and that it never writes over what it cannot read.

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../src/host/clock.ts'
import { createFileKeychain } from '../../src/host/file-keychain.ts'
import type { Keychain } from '../../src/host/keychain.ts'
import { Secret } from '../../src/host/secret.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sotto-keychain-'))
  path = join(folder, 'keychain.json')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const secret = (text: string) => new Secret(new TextEncoder().encode(text))
const open = (passphrase: string) => createFileKeychain(path, secret(passphrase), systemClock, 1024)

async function read(keychain: Keychain, account: string): Promise<string> {
  const found = await keychain.read(account)
  if (!found.ok) return found.failure.code
  return found.value?.use((bytes) => new TextDecoder().decode(bytes)) ?? 'missing'
}

async function write(keychain: Keychain, account: string, text: string): Promise<string> {
  const written = await keychain.write(account, secret(text))
  return written.ok ? 'ok' : written.failure.code
}

test('what one run wrote the next one reads, and nobody else finds in the file', async () => {
  expect(await write(open('correct horse'), 'alice/key', 'canary')).toBe('ok')
  expect(await read(open('correct horse'), 'alice/key')).toBe('canary')
  expect(await read(open('correct horse'), 'bob/key')).toBe('missing')
  const text = readFileSync(path, 'utf8')
  expect(text).not.toContain('canary')
  expect(text).not.toContain(Buffer.from('canary').toString('base64'))
  expect(statSync(path).mode & 0o077).toBe(0)
})

test('[E3] a wrong passphrase is locked, and writes nothing', async () => {
  await write(open('correct horse'), 'alice/key', 'canary')
  const before = readFileSync(path)
  expect(await read(open('battery staple'), 'alice/key')).toBe('keychain-locked')
  expect(await write(open('battery staple'), 'alice/key', 'other')).toBe('keychain-locked')
  expect(readFileSync(path).equals(before)).toBe(true)
})

test('[E3] where no file can be written there is no keychain', async () => {
  path = join(folder, 'not', 'there', 'keychain.json')
  expect(await write(open('correct horse'), 'alice/key', 'canary')).toBe('keychain-absent')
  const removed = await open('correct horse').remove('alice/key')
  expect(removed).toMatchObject({
    ok: false,
    failure: { code: 'keychain-absent', detail: expect.stringContaining('ENOENT') },
  })
})

test('[E3] no file is absent; something else in its place is changed, and stays', async () => {
  expect(await read(open('correct horse'), 'alice/key')).toBe('keychain-absent')
  for (const other of ['', '{"version":2}', 'my holiday notes']) {
    writeFileSync(path, other)
    expect(await read(open('correct horse'), 'alice/key')).toBe('keychain-changed')
    expect(await write(open('correct horse'), 'alice/key', 'other')).toBe('keychain-changed')
    expect(readFileSync(path, 'utf8')).toBe(other)
  }
})

test('an item given to another account does not open there', async () => {
  await write(open('correct horse'), 'alice/key', 'canary')
  const file = JSON.parse(readFileSync(path, 'utf8'))
  file.items['bob/key'] = file.items['alice/key']
  writeFileSync(path, JSON.stringify(file))
  expect(await read(open('correct horse'), 'bob/key')).toBe('keychain-changed')
})

test('twenty profiles that write at once lose nothing of each other', async () => {
  const names = Array.from({ length: 20 }, (_, number) => `person-${number}`)
  const written = await Promise.all(names.map((name) => write(open('correct horse'), name, `key of ${name}`)))
  expect(written).toEqual(names.map(() => 'ok'))
  const keychain = open('correct horse')
  for (const name of names) expect(await read(keychain, name)).toBe(`key of ${name}`)
})

test('[E10] what is removed is gone, the others stay, and with a wrong passphrase nothing goes', async () => {
  await write(open('correct horse'), 'alice/key', 'canary')
  await write(open('correct horse'), 'bob/key', 'other')
  expect(await open('battery staple').remove('alice/key')).toMatchObject({ failure: { code: 'keychain-locked' } })
  expect(await open('correct horse').remove('alice/key')).toEqual({ ok: true, value: null })
  expect(await open('correct horse').remove('alice/key')).toEqual({ ok: true, value: null })
  expect(await open('correct horse').read('alice/key')).toEqual({ ok: true, value: undefined })
  expect(await read(open('correct horse'), 'bob/key')).toBe('other')
})
