// Makes and signs the channel file of a release, on the computer that has the key: never on a build machine.
//
//   node scripts/package/sign-channel.ts new-key KEY.pem         makes a key; prints its public half
//   node scripts/package/sign-channel.ts sign KEY.pem FOLDER N   writes FOLDER/channel.json, for N in a hundred installations
//
// FOLDER has the packages of one release, as downloaded from its draft.

import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Channel, type PackageFormat, type ReleaseFile, signedBytes } from '../../src/main/update/channel.ts'
import { identity } from './identity.ts'

const formats: Readonly<Record<string, PackageFormat>> = {
  AppImage: 'AppImage',
  deb: 'deb',
  rpm: 'rpm',
  exe: 'nsis',
  zip: 'zip',
}
/** As the builder writes them into names. */
const systems = { linux: 'linux', mac: 'darwin', win: 'win32' } as const
const processors = { x64: 'x64', x86_64: 'x64', amd64: 'x64', arm64: 'arm64', aarch64: 'arm64' } as const

/** The text of a channel file. Throws if what it is to say makes no sense. */
export function sealChannel(channel: Channel, key: KeyObject): string {
  const content = Buffer.from(JSON.stringify(Channel.parse(channel)))
  const signature = sign(null, signedBytes(content), key)
  return `${JSON.stringify({ signed: content.toString('base64'), signature: signature.toString('base64') })}\n`
}

/** The 32 bytes that are compiled into the app, in hex. */
export function publicHalf(key: KeyObject): string {
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  return Buffer.from(x, 'base64url').toString('hex')
}

/** What a release has of packages that can replace an installed copy. All have to be of one version. */
export function readRelease(folder: string): Pick<Channel, 'version' | 'files'> {
  const versions = new Set<string>()
  const files = readdirSync(folder).flatMap((name): ReleaseFile[] => {
    const match = /^Sotto-(\d+\.\d+\.\d+)-(linux|mac|win)-(\w+)\.(AppImage|deb|rpm|exe|zip)$/.exec(name)
    if (!match) return []
    const [, version = '', system, processor, ending = ''] = match
    const arch = processors[processor as keyof typeof processors]
    const format = formats[ending]
    if (arch === undefined || format === undefined) throw new Error(`${name} is for a processor we do not know`)
    versions.add(version)
    const bytes = readFileSync(join(folder, name))
    const sha512 = createHash('sha512').update(bytes).digest('base64')
    return [{ platform: systems[system as keyof typeof systems], arch, format, name, size: bytes.length, sha512 }]
  })
  const [version] = versions
  if (version === undefined || versions.size > 1) throw new Error(`${folder} has packages of ${versions.size} versions`)
  return { version, files }
}

function main([command, keyFile, folder, rollout]: readonly string[]): void {
  if (command === 'new-key' && keyFile !== undefined) {
    const { privateKey } = generateKeyPairSync('ed25519')
    writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' })
    console.log(publicHalf(privateKey))
  } else if (command === 'sign' && keyFile !== undefined && folder !== undefined && rollout !== undefined) {
    if (identity.updates.endsWith('.example')) throw new Error('scripts/package/identity.ts has no address for updates')
    const channel = { ...readRelease(folder), releasedAt: Date.now(), rollout: Number(rollout) }
    writeFileSync(join(folder, 'channel.json'), sealChannel(channel, createPrivateKey(readFileSync(keyFile))))
  } else {
    console.error('sign-channel.ts new-key KEY.pem | sign KEY.pem FOLDER PERCENT')
    process.exitCode = 2
  }
}

if (import.meta.main) main(process.argv.slice(2))
