// The command line: what it takes, what it refuses, and what it takes out of the environment.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type ChatOptions, parseChatOptions, UsageError } from '../../src/cli/chat-options.ts'
import { failpointFrom } from '../../src/cli/failpoint.ts'
import { relayFinder } from '../../src/cli/find-relay.ts'

function read(args: string[], env: NodeJS.ProcessEnv): ChatOptions {
  const options = parseChatOptions(args, env)
  if (options === 'help') throw new Error('that was a question')
  return options
}

const text = (options: ChatOptions) => options.keychainFile?.passphrase.use((bytes) => new TextDecoder().decode(bytes))

test('without options: the main profile, the system’s keychain, the relay of the profile', () => {
  const options = parseChatOptions([], { SOTTO_DATA: '/data' })
  expect(options).toEqual({
    profile: 'main',
    data: '/data',
    relay: undefined,
    keychainFile: undefined,
    logToStandardError: false,
  })
})

test('asked for help, nothing else counts', () => {
  expect(parseChatOptions(['--help', '--profile', '../other'], {})).toBe('help')
})

test('a relay and its token', () => {
  expect(read(['--relay', 'wss://r.example', '--relay-token', 't'], {}).relay).toEqual({
    url: 'wss://r.example',
    token: 't',
  })
  expect(read(['--relay', 'ws://127.0.0.1:1'], { SOTTO_RELAY_TOKEN: 't' }).relay).toEqual({
    url: 'ws://127.0.0.1:1',
    token: 't',
  })
  expect(read(['--relay', 'this-computer'], {}).relay).toBe('this-computer')
})

test('the passphrase is taken out of the environment, or read from the first line of a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-options-'))
  try {
    const env = { SOTTO_KEYCHAIN_PASSPHRASE: 'from the environment' }
    const args = ['--keychain', `file:${join(folder, 'keychain.json')}`]
    expect(text(read(args, env))).toBe('from the environment')
    expect(env).toEqual({})
    writeFileSync(join(folder, 'passphrase'), 'from a file\r\nand more\n')
    expect(text(read([...args, '--passphrase-file', join(folder, 'passphrase')], env))).toBe('from a file')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test.each([
  [['--nonsense']],
  [['word']],
  [['--profile', '../other']],
  [['--profile', '-other']],
  [['--data', '']],
  [['--relay', 'https://r.example']],
  [['--relay', 'nowhere']],
  [['--keychain', '/keychain.json']],
  [['--keychain', 'file:/keychain.json']],
  [['--keychain', 'file:/keychain.json', '--passphrase-file', '/not/there']],
])('%j is refused', (args) => {
  expect(() => parseChatOptions(args, {})).toThrow(UsageError)
})

test('the relay that was given is used for every place; else the profile’s, or the one that runs here', async () => {
  const data = mkdtempSync(join(tmpdir(), 'sotto-relay-'))
  try {
    const given = { url: 'ws://given' }
    expect(await relayFinder(data, given)({ kind: 'this-computer' })).toEqual(given)
    expect(await relayFinder(data, given)({ kind: 'address', url: 'wss://other' })).toEqual(given)
    const find = relayFinder(data, undefined)
    expect(await find({ kind: 'address', url: 'wss://other' })).toEqual({ url: 'wss://other' })
    await expect(find({ kind: 'this-computer' })).rejects.toThrow()
    mkdirSync(join(data, 'relay'))
    writeFileSync(join(data, 'relay', 'relay.json'), JSON.stringify({ port: 4711, token: 't' }))
    const here = { url: 'ws://127.0.0.1:4711', token: 't' }
    expect(await find({ kind: 'this-computer' })).toEqual(here)
    expect(await relayFinder(data, 'this-computer')({ kind: 'address', url: 'wss://other' })).toEqual(here)
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
})

test('a point to fail at is only there if it is asked for, and has to make sense', () => {
  expect(failpointFrom(undefined)).toBeUndefined()
  for (const setting of ['x', 'x:0', ':1', 'x:-1']) {
    expect(() => failpointFrom(setting)).toThrow()
  }
  // Passed once of two times: still here.
  failpointFrom('here:2')?.('here')
  failpointFrom('here:1')?.('elsewhere')
})
