// The last touches on an unpacked app, before its fuses are blown and it is signed.

import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AfterPackContext } from 'electron-builder'
import { parseTarget, resourcesFolder } from './target.ts'

const architectureNames: Readonly<Record<number, string>> = { 1: 'x64', 3: 'arm64' }

export async function finishTree({ appOutDir, arch, electronPlatformName }: AfterPackContext): Promise<void> {
  const target = parseTarget(electronPlatformName, architectureNames[arch] ?? String(arch))
  // Electron's welcome app: left there when Electron comes as a folder.
  await rm(join(resourcesFolder(appOutDir, target), 'default_app.asar'), { force: true })
  if (target.platform === 'darwin') await forbidPlainConnections(join(appOutDir, 'Sotto.app/Contents/Info.plist'))
}

/** The builder allows connections without TLS to anywhere; the updater needs them on this computer only. */
async function forbidPlainConnections(propertyList: string): Promise<void> {
  const text = await readFile(propertyList, 'utf8')
  const changed = text.replace(/(<key>NSAllowsArbitraryLoads<\/key>\s*)<true\s*\/>/, '$1<false/>')
  if (changed === text) throw new Error(`${propertyList} says nothing of NSAllowsArbitraryLoads`)
  await writeFile(propertyList, changed)
}
