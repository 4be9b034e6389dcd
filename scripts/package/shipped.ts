// The packages whose code is in the app: those that were bundled, and the native ones that are shipped as they are.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../run.ts'
import { bundledLists } from './bundled.ts'

export interface ShippedPackage {
  readonly name: string
  readonly version: string
  /** An SPDX expression. */
  readonly licence: string
  /** The words that have to go with the code. */
  readonly licenceText: string
  readonly homepage: string | undefined
}

/** In node_modules of the packaged app. A check looks there whether it is so. */
export const unbundled = [
  'node_modules/@signalapp/libsignal-client',
  'node_modules/@signalapp/sqlcipher',
  'node_modules/keytar',
  'node_modules/node-gyp-build',
]

/** Sorted by name, each once. @param lists what recordPackages() wrote when the app or the tools were built */
export function shippedPackages(lists = join(root, 'out', bundledLists)): ShippedPackage[] {
  if (!existsSync(lists)) throw new Error('The app has to be built first: npm run build')
  const bundled = readdirSync(lists).flatMap((list) => JSON.parse(readFileSync(join(lists, list), 'utf8')) as string[])
  const packages = new Map<string, ShippedPackage>()
  for (const folder of [...bundled, ...unbundled]) {
    const found = readPackage(join(root, folder))
    packages.set(`${found.name}@${found.version}`, found)
  }
  return [...packages.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
}

function readPackage(folder: string): ShippedPackage {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    name: string
    version: string
    license?: string
    homepage?: string
  }
  if (manifest.license === undefined) throw new Error(`${manifest.name} does not say under which licence it is`)
  return {
    name: manifest.name,
    version: manifest.version,
    licence: manifest.license,
    licenceText: ownLicence(folder) || usualLicence(manifest.license),
    homepage: manifest.homepage,
  }
}

/** What the package itself brings; '' if nothing. */
function ownLicence(folder: string): string {
  const files = readdirSync(folder).filter((name) => /^(licen[cs]e|copying|notice)([.-]|$)/i.test(name))
  return files.map((name) => readFileSync(join(folder, name), 'utf8').trim()).join('\n\n')
}

/** The usual words of each licence in an SPDX expression. */
function usualLicence(expression: string): string {
  const names = expression.match(/[\w.-]+/g)?.filter((word) => word !== 'AND' && word !== 'OR') ?? []
  const texts = names.map((name) => {
    const file = name === 'AGPL-3.0-only' ? join(root, 'LICENSE') : join(root, 'resources', 'licences', `${name}.txt`)
    return readFileSync(file, 'utf8').trim()
  })
  return texts.join('\n\n')
}
