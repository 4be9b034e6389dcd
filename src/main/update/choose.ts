// Whether a release is for this installation, and which of its files: never an older one, never before its turn.

import { createHash } from 'node:crypto'
import type { Channel, PackageFormat, ReleaseFile } from './channel.ts'
import { isNewer } from './version.ts'

export interface Installation {
  version: string
  platform: string
  arch: string
  /** How it was installed. */
  format: PackageFormat
  /** A random name that never leaves this computer. */
  id: string
}

/** Undefined: stay with what there is. */
export function chooseFile(channel: Channel, installation: Installation): ReleaseFile | undefined {
  if (!isNewer(channel.version, installation.version)) return undefined
  if (!isItsTurn(channel, installation.id)) return undefined
  const { platform, arch, format } = installation
  return channel.files.find((file) => file.platform === platform && file.arch === arch && file.format === format)
}

/** Each version takes the installations in another order; whose turn it is once, it stays. */
function isItsTurn({ version, rollout }: Channel, id: string): boolean {
  const place = createHash('sha256').update(`${version}\0${id}`).digest().readUInt32BE(0) / 2 ** 32
  return place * 100 < rollout
}
