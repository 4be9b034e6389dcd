// The papers that go with every copy of the app: the notices of those whose code is in it, and its bill of materials.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../run.ts'
import { billOfMaterials } from './bill-of-materials.ts'
import { papers } from './configuration.ts'
import { type ShippedPackage, shippedPackages } from './shipped.ts'

/** Licences that may be shipped inside a program under AGPL-3.0-only. */
const compatible = new Set([
  '0BSD',
  'AGPL-3.0-only',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'OFL-1.1',
])

/** Throws if a package is under a licence that nobody has looked at. */
export function writePapers(): void {
  const packages = shippedPackages()
  for (const { name, licence } of packages) {
    if (!isCompatible(licence))
      throw new Error(`${name} is under ${licence}, which is not known to go with AGPL-3.0-only`)
  }
  rmSync(papers, { recursive: true, force: true })
  mkdirSync(papers, { recursive: true })
  writeFileSync(join(papers, 'THIRD-PARTY-NOTICES.txt'), notices(packages))
  writeFileSync(join(papers, 'sotto.cdx.json'), `${JSON.stringify(billOfMaterials(packages), null, 2)}\n`)
}

/** Of alternatives one is enough; of licences that hold together, all have to be fine. */
function isCompatible(expression: string): boolean {
  const names = expression.replace(/[()]/g, '').split(/ OR | AND /)
  const isFine = (name: string): boolean => compatible.has(name)
  return expression.includes(' OR ') ? names.some(isFine) : names.every(isFine)
}

/** The text that goes with the code of others. */
export function notices(packages: readonly ShippedPackage[]): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const head = `Sotto ${version} contains code of the following packages. Sotto's own licence
is in LICENSE.txt; where Electron is part of it, its notices and Chromium's are in files of their own.`
  const sections = packages.map(({ name, version, licence, licenceText, homepage }) => {
    const title = `${name} ${version} (${licence})${homepage === undefined ? '' : `\n${homepage}`}`
    return `${'-'.repeat(80)}\n${title}\n\n${licenceText}\n`
  })
  return `${head}\n\n${sections.join('\n')}`
}
