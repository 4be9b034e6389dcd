// What the system must have: knows which Debian package each need comes from, and fetches or names what is missing.

import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Something a script needs from the system, and how to see whether it is there. */
export interface Need {
  /** The Debian package that brings it, by every name it has had: the newest first. */
  readonly packages: readonly string[]
  readonly isThere: () => boolean
}

const program = (name: string, from = name): Need => ({ packages: [from], isThere: () => hasProgram(name) })
const library = (name: string, ...from: string[]): Need => ({ packages: from, isThere: () => hasLibrary(name) })
const file = (path: string, from: string): Need => ({ packages: [from], isThere: () => existsSync(path) })

const erlangLibrary = (name: string, from: string): Need => ({
  packages: [from],
  isThere: () => hasErlangLibrary(name),
})

const postgresServer: Need = { packages: ['postgresql'], isThere: hasPostgresServer }

export const needs = {
  /** What the keychain is spoken to with, on a desktop as well as without one. */
  keychain: [library('libsecret-1.so.0', 'libsecret-1-0')],
  /** A keychain where no desktop brings one. */
  keyring: [program('gnome-keyring-daemon', 'gnome-keyring'), program('dbus-run-session', 'dbus')],
  /** A display where there is none, and a font for what people like to send. */
  display: [
    program('Xvfb', 'xvfb'),
    program('openbox'),
    file('/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf', 'fonts-noto-color-emoji'),
  ],
  /** A database server for relays that share one; tests and benches start their own. */
  postgres: [postgresServer],
  /** Servers of others that keep every message: the relay is measured beside them. */
  peers: [program('ejabberdctl', 'ejabberd'), erlangLibrary('p1_pgsql', 'erlang-p1-pgsql'), program('prosody')],
  /** The browser that shows the stand-in's windows. */
  standin: [program('chromium')],
  /** What real Electron is linked against. */
  electron: [
    library('libgtk-3.so.0', 'libgtk-3-0t64', 'libgtk-3-0'),
    library('libnss3.so', 'libnss3'),
    library('libgbm.so.1', 'libgbm1'),
    library('libasound.so.2', 'libasound2t64', 'libasound2'),
  ],
  /** What packages for Linux are made and looked into with. */
  packaging: [
    program('7za', 'p7zip-full'),
    program('mksquashfs', 'squashfs-tools'),
    program('desktop-file-validate', 'desktop-file-utils'),
    program('appstreamcli', 'appstream'),
  ],
  /** Keys and clicks from outside, for end-to-end tests. */
  input: [program('xdotool')],
  /** The compiler of the protocol's .proto files. */
  protocol: [program('protoc', 'protobuf-compiler')],
} satisfies Record<string, readonly Need[]>

/**
 * Makes sure that `wanted` is there. As root on Debian or Ubuntu it installs what is missing; elsewhere it prints the one
 * command that does. Answers false if something is still missing. Other systems than Linux bring their own.
 */
export function ensureSystem(wanted: readonly Need[]): boolean {
  if (process.platform !== 'linux') return true
  const missing = wanted.filter((need) => !need.isThere())
  if (missing.length === 0) return true
  const names = missing.map((need) => need.packages.at(-1)).join(', ')
  if (!hasProgram('apt-get')) {
    console.error(`This system lacks ${names} (Debian's names). Please install them and try again.`)
    return false
  }
  if (process.getuid?.() !== 0) {
    const command = `sudo apt-get update && sudo apt-get install --no-install-recommends ${namesToInstall(missing).join(' ')}`
    console.error(`This system lacks ${names}. Please run: ${command}`)
    return false
  }
  console.log(`Installing what this system lacks: ${names}`)
  if (!aptGet('update') || !aptGet('install', '--yes', '--no-install-recommends', ...namesToInstall(missing)))
    return false
  const left = missing.filter((need) => !need.isThere())
  if (left.length > 0)
    console.error(`Still missing after the installation: ${left.map((need) => need.packages).join(', ')}`)
  return left.length === 0
}

/** Of each package's names, the one that this release of the system knows. */
function namesToInstall(missing: readonly Need[]): string[] {
  const names = missing.map(({ packages }) => packages.find(isKnownPackage) ?? packages[0] ?? '')
  return [...new Set(names)]
}

function isKnownPackage(name: string): boolean {
  return spawnSync('apt-cache', ['show', '--quiet', name], { stdio: 'ignore' }).status === 0
}

/** Quiet unless it fails. */
function aptGet(...args: string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status, stdout, stderr } = spawnSync('apt-get', ['-q', ...args], { env, encoding: 'utf8' })
  if (status !== 0) console.error(`apt-get ${args.join(' ')} failed:\n${stdout ?? ''}${stderr ?? ''}`)
  return status === 0
}

function hasProgram(name: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => isExecutable(join(folder, name)))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function hasLibrary(name: string): boolean {
  const triplets: Partial<Record<NodeJS.Architecture, string>> = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }
  const triplet = triplets[process.arch] ?? ''
  const folders = [join('/usr/lib', triplet), join('/lib', triplet), '/usr/lib64', '/lib64', '/usr/lib']
  return folders.some((folder) => existsSync(join(folder, name)))
}

/** Each is in a folder named with its version. */
function hasErlangLibrary(name: string): boolean {
  const libraries = '/usr/lib/erlang/lib'
  return existsSync(libraries) && readdirSync(libraries).some((entry) => entry.startsWith(`${name}-`))
}

/** Debian keeps the server's programs off the PATH, in a folder for each version. */
function hasPostgresServer(): boolean {
  const versions = '/usr/lib/postgresql'
  return (
    existsSync(versions) && readdirSync(versions).some((version) => isExecutable(join(versions, version, 'bin/initdb')))
  )
}
