// The bill of materials: all that is in the app, as CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/).

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../run.ts'
import type { ShippedPackage } from './shipped.ts'

interface Component {
  readonly type: 'library' | 'framework' | 'application'
  readonly 'bom-ref': string
  readonly name: string
  readonly version: string
  readonly purl: string
  readonly licenses: readonly [{ readonly expression: string }]
}

/** The same for the same packages: no time and no serial number, so that a build can be repeated. */
export function billOfMaterials(packages: readonly ShippedPackage[]): object {
  const sotto = manifestOf(root)
  const electron = manifestOf(join(root, 'node_modules', 'electron'))
  const components = packages.map((one) => component('library', one))
  const whole = component('application', { ...sotto, licence: sotto.license })
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: whole },
    components: [...components, component('framework', { ...electron, licence: electron.license })],
    dependencies: [{ ref: whole['bom-ref'], dependsOn: components.map((one) => one['bom-ref']) }],
  }
}

function component(
  type: Component['type'],
  { name, version, licence }: Pick<ShippedPackage, 'name' | 'version' | 'licence'>,
): Component {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`
  return { type, 'bom-ref': purl, name, version, purl, licenses: [{ expression: licence }] }
}

function manifestOf(folder: string): { name: string; version: string; license: string } {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    name: string
    version: string
    license: string
  }
}
