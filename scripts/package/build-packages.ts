// Runs electron-builder for one target.

import { Arch, build, type Configuration, Platform } from 'electron-builder'
import { root } from '../run.ts'
import { configure } from './configuration.ts'
import type { Target } from './target.ts'

/**
 * Answers the files made. The app has to be built, and its papers written, before.
 *
 * @param formats as electron-builder calls them, `dir` for the unpacked app alone; undefined: all that the configuration has
 */
export function buildPackages(
  { platform, arch }: Target,
  formats: readonly string[] | undefined,
  changes: Configuration = {},
): Promise<string[]> {
  const system = { linux: Platform.LINUX, darwin: Platform.MAC, win32: Platform.WINDOWS }[platform]
  return build({
    projectDir: root,
    targets: system.createTarget(formats === undefined ? undefined : [...formats], Arch[arch]),
    config: { ...configure(), ...changes },
    publish: 'never',
  })
}
