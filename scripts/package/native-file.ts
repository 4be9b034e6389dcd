// Which system and processor a native file is for, read from its first bytes.

import type { Target } from './target.ts'

const elfMachines = new Map<number, Target['arch']>([
  [0x3e, 'x64'],
  [0xb7, 'arm64'],
])
const machoMachines = new Map<number, Target['arch']>([
  [0x01000007, 'x64'],
  [0x0100000c, 'arm64'],
])
const peMachines = new Map<number, Target['arch']>([
  [0x8664, 'x64'],
  [0xaa64, 'arm64'],
])

/** Undefined for what is no 64-bit ELF, Mach-O or PE, or is for another processor than ours. */
export function targetOfNativeFile(bytes: Buffer): Target | undefined {
  if (bytes.subarray(0, 5).equals(Buffer.from('\x7fELF\x02', 'latin1')))
    return made('linux', elfMachines.get(bytes.readUInt16LE(18)))
  if (bytes.readUInt32LE(0) === 0xfeedfacf) return made('darwin', machoMachines.get(bytes.readUInt32LE(4)))
  if (bytes.subarray(0, 2).equals(Buffer.from('MZ'))) {
    const header = bytes.readUInt32LE(0x3c)
    return made('win32', peMachines.get(bytes.readUInt16LE(header + 4)))
  }
  return undefined
}

function made(platform: Target['platform'], arch: Target['arch'] | undefined): Target | undefined {
  return arch === undefined ? undefined : { platform, arch }
}
