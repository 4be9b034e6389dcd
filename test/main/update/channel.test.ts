// The channel file: what is believed of it, and whose turn it is.

import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { publicHalf, sealChannel } from '../../../scripts/package/sign-channel.ts'
import { type Channel, readChannel, readPublicKey } from '../../../src/main/update/channel.ts'
import { chooseFile, type Installation } from '../../../src/main/update/choose.ts'
import { isNewer } from '../../../src/main/update/version.ts'

const releaser = generateKeyPairSync('ed25519').privateKey
const stranger = generateKeyPairSync('ed25519').privateKey
const key = readPublicKey(publicHalf(releaser))

const channel: Channel = {
  version: '1.2.0',
  releasedAt: 1_700_000_000_000,
  rollout: 100,
  files: [
    { platform: 'linux', arch: 'x64', format: 'deb', name: 'Sotto-1.2.0-linux-amd64.deb', size: 10, sha512: sum('a') },
    { platform: 'linux', arch: 'x64', format: 'AppImage', name: 'Sotto-1.2.0.AppImage', size: 10, sha512: sum('b') },
    {
      platform: 'linux',
      arch: 'arm64',
      format: 'deb',
      name: 'Sotto-1.2.0-linux-arm64.deb',
      size: 10,
      sha512: sum('c'),
    },
  ],
}
const alices: Installation = { version: '1.1.9', platform: 'linux', arch: 'x64', format: 'deb', id: 'alice' }

/** As long as a SHA-512 is in base64. */
function sum(letter: string): string {
  return Buffer.alloc(64, letter).toString('base64')
}

describe('a channel file', () => {
  test('signed by the releasers is believed', () => {
    expect(readChannel(sealChannel(channel, releaser), key)).toEqual(channel)
  })

  test('signed by somebody else is not', () => {
    expect(readChannel(sealChannel(channel, stranger), key)).toBeUndefined()
  })

  test('with one letter changed is not', () => {
    const sealed = JSON.parse(sealChannel(channel, releaser)) as { signed: string; signature: string }
    const content = Buffer.from(sealed.signed, 'base64').toString()
    for (const [before, after] of [
      ['1.2.0', '9.2.0'],
      ['"rollout":100', '"rollout":10'],
      ['amd64', 'amd65'],
    ] as const) {
      const signed = Buffer.from(content.replace(before, after)).toString('base64')
      expect(readChannel(JSON.stringify({ ...sealed, signed }), key)).toBeUndefined()
    }
  })

  test('that is no channel, or leads elsewhere, is not, whoever signed it', () => {
    expect(readChannel('<html>Log in to this network</html>', key)).toBeUndefined()
    const [file] = channel.files
    const elsewhere = { ...channel, files: [{ ...file, name: '../other/Sotto.deb' }] }
    expect(() => sealChannel(elsewhere as Channel, releaser)).toThrow()
  })
})

describe('of a release', () => {
  test('an installation takes the file that is made for it', () => {
    expect(chooseFile(channel, alices)?.name).toBe('Sotto-1.2.0-linux-amd64.deb')
    expect(chooseFile(channel, { ...alices, arch: 'arm64' })?.name).toBe('Sotto-1.2.0-linux-arm64.deb')
    expect(chooseFile(channel, { ...alices, platform: 'win32', format: 'nsis' })).toBeUndefined()
  })

  test('nobody goes back, and nobody takes what they have', () => {
    expect(chooseFile(channel, { ...alices, version: '1.2.0' })).toBeUndefined()
    expect(chooseFile(channel, { ...alices, version: '1.10.0' })).toBeUndefined()
    expect(isNewer('1.10.0', '1.9.9')).toBe(true)
  })

  test('a tenth takes it first, and whoever took it stays among those who may', () => {
    const people = Array.from({ length: 1000 }, (_, index) => ({ ...alices, id: `installation ${index}` }))
    const having = (rollout: number): string[] =>
      people.filter((one) => chooseFile({ ...channel, rollout }, one) !== undefined).map(({ id }) => id)
    const first = having(10)
    expect(first.length).toBeGreaterThan(60)
    expect(first.length).toBeLessThan(140)
    expect(having(50)).toEqual(expect.arrayContaining(first))
    expect(having(0)).toEqual([])
    expect(having(100)).toHaveLength(1000)
  })
})
