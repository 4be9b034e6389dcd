// What a relay is told: by a file, the environment and options, and what it says about what it cannot mean.

import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readSettings, SETTING_KINDS, type SettingSources, SettingsRefused } from '../../src/cli/relay/settings.ts'
import { DEFAULT_LIMITS } from '../../src/relay/limits.ts'
import { makeCertificate } from '../relay/certificate.ts'
import { temporaryFolder } from '../relay/open.ts'

function settings(sources: Partial<SettingSources> = {}) {
  return readSettings({ file: undefined, environment: {}, flags: {}, ...sources })
}

function fileOf(content: unknown): string {
  const file = join(temporaryFolder(), 'relay.json')
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

function refusal(sources: Partial<SettingSources>): string[] {
  try {
    settings(sources)
  } catch (error) {
    if (error instanceof SettingsRefused) return error.message.split('\n')
    throw error
  }
  return []
}

test('told nothing, it listens on this computer only and lets everybody register', () => {
  expect(settings()).toMatchObject({ host: '127.0.0.1', port: 8433, invited: false, limits: DEFAULT_LIMITS })
  expect(settings().metricsPort).toBeUndefined()
})

test('options come before the environment, and that before the file', () => {
  const file = fileOf({ port: 1, host: '::1', data: 'kept', invited: true })
  const environment = { SOTTO_RELAY_CONFIG: file, SOTTO_RELAY_PORT: '2', SOTTO_RELAY_HOST: 'localhost' }
  expect(settings({ environment, flags: { port: '3' } })).toMatchObject({
    data: resolve('kept'),
    host: 'localhost',
    port: 3,
    invited: true,
  })
})

test('a limit in the file changes that one only', () => {
  const submissions = { burst: 10, perSecond: 0.5 }
  expect(settings({ file: fileOf({ limits: { submissions } }) }).limits).toEqual({ ...DEFAULT_LIMITS, submissions })
})

test('other relays are told as a list, or with commas', () => {
  const alternatives = ['wss://one.test', 'wss://two.test:8433/relay']
  expect(settings().alternatives).toEqual([])
  expect(settings({ file: fileOf({ alternatives }) }).alternatives).toEqual(alternatives)
  const environment = { SOTTO_RELAY_ALTERNATIVES: alternatives.join(', ') }
  expect(settings({ environment }).alternatives).toEqual(alternatives)
})

test('an empty variable says nothing, and one that is no setting is somebody else’s', () => {
  const environment = { SOTTO_RELAY_TOKEN_FILE: '', SOTTO_RELAY_OPTIONS: '--port 1' }
  expect(settings({ environment }).tokenFile).toBeUndefined()
})

describe('what cannot be meant is told with the place where it was said', () => {
  test.each<[string, Partial<SettingSources>, RegExp]>([
    ['a port of letters', { environment: { SOTTO_RELAY_PORT: 'http' } }, /^SOTTO_RELAY_PORT: is not a whole number/],
    ['another relay without TLS', { flags: { alternatives: 'ws://a.test' } }, /^--alternatives\.0: .*over TLS/],
    [
      'another relay that is a page',
      { flags: { alternatives: 'wss://a.test,https://b.test' } },
      /^--alternatives\.1: is not the/,
    ],
    [
      'nine other relays',
      { flags: { alternatives: Array(9).fill('wss://a.test').join() } },
      /^--alternatives: are more/,
    ],
    ['a port too high', { flags: { port: '65536' } }, /^--port: is above 65535/],
    [
      'a switch that is neither',
      { environment: { SOTTO_RELAY_INVITED: 'yes' } },
      /^SOTTO_RELAY_INVITED: is not true or/,
    ],
    ['listening beyond without TLS', { flags: { host: '0.0.0.0' } }, /^--host: .*over TLS/],
    ['a certificate without key', { flags: { 'tls-certificate': 'a.pem' } }, /^tlsKey: is missing/],
    [
      'two kinds of TLS',
      { flags: { 'tls-certificate': 'a', 'tls-key': 'b', 'tls-in-front': true } },
      /^--tls-in-front: /,
    ],
    ['metrics for everybody', { flags: { 'metrics-host': '::' } }, /^--metrics-host: .*metricsTokenFile/],
    [
      'a store of another kind',
      { environment: { SOTTO_RELAY_STORE: 'x.sqlite' } },
      /^SOTTO_RELAY_STORE: is not an addr/,
    ],
    ['a bucket with its secret', { flags: { blobs: 's3://id:secret@bucket' } }, /^--blobs: is neither a folder nor/],
    ['a bucket with a setting unheard of', { flags: { blobs: 's3://bucket?acl=public' } }, /^--blobs: is neither/],
    ['a file that is not there', { file: join('no', 'such', 'file') }, /^no.such.file: ENOENT/],
  ])('%s', (_, sources, message) => {
    expect(refusal(sources)).toEqual([expect.stringMatching(message)])
  })

  test('in a file too, all at once', () => {
    expect(refusal({ file: fileOf('[]') })).toEqual([expect.stringMatching(/is not a JSON object$/)])
    const file = fileOf({
      prot: 1,
      port: -1,
      host: 7,
      invited: 'yes',
      alternatives: ['wss://one.test', 2],
      limits: { lookUps: { burst: 0, perSecond: 0 }, lookDowns: {}, entries: { burst: 1.5 }, uploads: { burst: '9' } },
    })
    expect(refusal({ file }).toSorted()).toEqual(
      [
        `alternatives.1 in ${file}: is not the address of a relay: wss://relay.example.test`,
        `host in ${file}: is not a text`,
        `invited in ${file}: is not true or false`,
        `limits.entries.burst in ${file}: is not a whole number`,
        `limits.entries.perSecond in ${file}: is missing`,
        `limits.lookDowns in ${file}: is no setting`,
        `limits.lookUps.burst in ${file}: is below 1`,
        `limits.lookUps.perSecond in ${file}: is not above 0`,
        `limits.uploads.burst in ${file}: is not a number`,
        `limits.uploads.perSecond in ${file}: is missing`,
        `port in ${file}: is below 0`,
        `prot in ${file}: is no setting`,
      ].toSorted(),
    )
  })
})

describe('--check-config', () => {
  function check(...options: string[]) {
    const relay = join(import.meta.dirname, '../../src/cli/relay.ts')
    return spawnSync(process.execPath, [relay, '--check-config', ...options], { encoding: 'utf8' })
  }

  test('prints what it would run with, names files and not what is in them, and ends with 0', () => {
    const tokenFile = fileOf('a-token-of-some-length')
    const { status, stdout } = check('--token-file', tokenFile, '--port', '0')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ tokenFile, port: 0 })
    expect(stdout).not.toContain('a-token-of-some-length')
  })

  test('never prints the password of the database', () => {
    const { status, stdout } = check('--store', 'postgres://sotto:hunter2@db.example.test/relay?password=hunter3')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ store: 'postgres://sotto@db.example.test/relay' })
    const local = check('--store', 'postgres://sotto:hunter2@/relay?host=/run/postgresql')
    expect(local.stdout).toContain('postgres://sotto@/relay?host=')
    expect(local.stdout).not.toContain('hunter2')
    const refused = check('--store', 'mysql://sotto:hunter2@db.example.test/relay')
    expect(refused).toMatchObject({ status: 2, stdout: '' })
    expect(refused.stderr).toMatch(/^--store: is not an address of PostgreSQL/)
    expect(refused.stderr).not.toContain('hunter2')
  })

  test('ends with 2 where TLS would not take the certificate: the start would fail', () => {
    const weak = makeCertificate(temporaryFolder(), 'weak', ['rsa:1024'])
    const { status, stderr } = check('--tls-certificate', weak.certificateFile, '--tls-key', weak.keyFile)
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: 'tlsCertificate: TLS does not take it: ee key too small\n',
    })
  })

  test('ends with 2 where the settings or the files they name are no good', () => {
    expect(check('--port', 'x')).toMatchObject({ status: 2, stderr: '--port: is not a whole number\n' })
    const short = check('--token-file', fileOf('short'))
    expect(short).toMatchObject({ status: 2, stdout: '' })
    expect(short.stderr).toMatch(/^tokenFile: a token has 16/)
    const pem = fileOf('not a certificate')
    expect(check('--tls-certificate', pem, '--tls-key', pem).stderr).toBe(
      'tlsCertificate: is not a certificate in PEM\n',
    )
  })
})

test('every setting is explained in docs/running-a-relay.md', () => {
  const document = readFileSync(join(import.meta.dirname, '../../docs/running-a-relay.md'), 'utf8')
  const explained = [...document.matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name)
  const named = [...Object.keys(SETTING_KINDS), ...Object.keys(settings().limits)]
  expect(named.filter((name) => !explained.includes(name) && !document.includes(`\`${name}\` (`))).toEqual([])
})
