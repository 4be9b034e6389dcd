// What Sotto is built for: three systems, two kinds of processor each.

import { join } from 'node:path'

export const platforms = ['linux', 'darwin', 'win32'] as const
export const architectures = ['x64', 'arm64'] as const

/** As Node calls them, and so the folders of prebuilt native modules. */
export interface Target {
  readonly platform: (typeof platforms)[number]
  readonly arch: (typeof architectures)[number]
}

export const targets: readonly Target[] = platforms.flatMap((platform) =>
  architectures.map((arch) => ({ platform, arch })),
)

export function nameOf({ platform, arch }: Target): string {
  return `${platform}-${arch}`
}

/** Throws a RangeError for what Sotto is not built for. */
export function parseTarget(platform: string, arch: string): Target {
  const found = targets.find((target) => target.platform === platform && target.arch === arch)
  if (!found) throw new RangeError(`Sotto is built for ${targets.map(nameOf).join(', ')}, not ${platform}-${arch}`)
  return found
}

/** Where the builder leaves the unpacked app of a target, from its output folder. */
export function unpackedFolder({ platform, arch }: Target): string {
  const name = { linux: 'linux', darwin: 'mac', win32: 'win' }[platform]
  const folder = `${name}${arch === 'x64' ? '' : `-${arch}`}`
  return platform === 'darwin' ? folder : `${folder}-unpacked`
}

/** The folder in an unpacked app that holds app.asar. */
export function resourcesFolder(unpacked: string, { platform }: Target): string {
  return platform === 'darwin' ? join(unpacked, 'Sotto.app', 'Contents', 'Resources') : join(unpacked, 'resources')
}

/** The program in an unpacked app that a person starts. */
export function executable(unpacked: string, { platform }: Target): string {
  if (platform === 'darwin') return join(unpacked, 'Sotto.app', 'Contents', 'MacOS', 'Sotto')
  return join(unpacked, platform === 'win32' ? 'Sotto.exe' : 'sotto')
}
