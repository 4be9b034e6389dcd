// The relay for servers: a tarball that runs where it is unpacked, and a Debian package with a systemd unit. Both bring all
// they need but Node. And the command-line tools as an npm package.

import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../run.ts'
import { buildCli } from './build-cli.ts'
import { bundledLists } from './bundled.ts'
import { identity } from './identity.ts'
import { notices } from './papers.ts'
import { shippedPackages } from './shipped.ts'
import type { Target } from './target.ts'

/** What of node_modules the relay needs, and the files of each for one system and processor. */
const relayModules = ['@signalapp/libsignal-client', '@signalapp/sqlcipher', 'node-gyp-build']

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string
  license: string
  engines: { node: string }
  dependencies: Record<string, string>
}

const nodeVersion = manifest.engines.node.replace(/^\D+/, '')

export interface RelayPackages {
  tarball: string
  deb: string
  npm: string
}

/** Makes all three in `folder`, which is emptied. The tarball and the Debian package are for Linux on `arch`. */
export async function makeRelayPackages(folder: string, arch: Target['arch']): Promise<RelayPackages> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const work = join(folder, 'work')
  await buildCli(work)
  const papers = notices(shippedPackages(join(work, bundledLists)))
  const tree = join(work, 'sotto-relay')
  fillTree(tree, join(work, 'cli'), arch, papers)
  const made = {
    tarball: makeTarball(folder, tree, arch),
    deb: makeDeb(folder, work, tree, arch),
    npm: makeNpmPackage(folder, join(work, 'cli'), papers),
  }
  rmSync(work, { recursive: true })
  return made
}

/** A folder that runs wherever it lies. */
function fillTree(tree: string, cli: string, arch: Target['arch'], papers: string): void {
  mkdirSync(join(tree, 'bin'), { recursive: true })
  cpSync(cli, join(tree, 'lib'), { recursive: true, filter: (path) => !path.endsWith('chat.js') })
  writeFileSync(join(tree, 'lib', 'package.json'), '{ "type": "module" }\n')
  for (const name of relayModules) copyModule(name, join(tree, 'lib', 'node_modules', name), `linux-${arch}`)
  writeFileSync(
    join(tree, 'bin', 'sotto-relay'),
    '#!/bin/sh\nhere=$(dirname -- "$(readlink -f -- "$0")")\nexec node "$here/../lib/relay.js" "$@"\n',
    { mode: 0o755 },
  )
  cpSync(join(root, 'resources/relay/sotto-relay.service'), join(tree, 'sotto-relay.service'))
  cpSync(join(root, 'LICENSE'), join(tree, 'LICENSE.txt'))
  writeFileSync(join(tree, 'THIRD-PARTY-NOTICES.txt'), papers)
}

function copyModule(name: string, to: string, prebuilt: string): void {
  const from = join(root, 'node_modules', name)
  cpSync(from, to, {
    recursive: true,
    dereference: true,
    filter: (path) => {
      const inside = path.slice(from.length + 1).replaceAll('\\', '/')
      if (inside === 'prebuilds') return true
      if (inside.startsWith('prebuilds/')) return inside.startsWith(`prebuilds/${prebuilt}`)
      return !/(^|\/)(deps|src|node_modules)$|\.(ts|map|md|gyp)$/.test(inside)
    },
  })
}

function makeTarball(folder: string, tree: string, arch: Target['arch']): string {
  const file = join(folder, `sotto-relay-${manifest.version}-linux-${arch}.tar.gz`)
  const reproducible = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0']
  execFileSync('tar', [...reproducible, '-czf', file, '-C', join(tree, '..'), 'sotto-relay'])
  return file
}

function makeDeb(folder: string, work: string, tree: string, arch: Target['arch']): string {
  const architecture = arch === 'x64' ? 'amd64' : 'arm64'
  const file = join(folder, `sotto-relay_${manifest.version}_${architecture}.deb`)
  const installed = join(work, 'deb')
  const place = (path: string, content: string, mode = 0o644): void => {
    mkdirSync(join(installed, path, '..'), { recursive: true })
    writeFileSync(join(installed, path), content, { mode })
  }
  cpSync(tree, join(installed, 'usr/lib/sotto-relay'), {
    recursive: true,
    filter: (path) => !/(\.service|LICENSE\.txt|NOTICES\.txt)$/.test(path),
  })
  place('usr/bin/sotto-relay', '#!/bin/sh\nexec /usr/lib/sotto-relay/bin/sotto-relay "$@"\n', 0o755)
  place('usr/lib/systemd/system/sotto-relay.service', readFileSync(join(tree, 'sotto-relay.service'), 'utf8'))
  place('etc/default/sotto-relay', readFileSync(join(root, 'resources/relay/default'), 'utf8'))
  const notices = readFileSync(join(tree, 'THIRD-PARTY-NOTICES.txt'), 'utf8')
  place('usr/share/doc/sotto-relay/copyright', `${readFileSync(join(tree, 'LICENSE.txt'), 'utf8')}\n${notices}`)
  place('DEBIAN/conffiles', '/etc/default/sotto-relay\n')
  place('DEBIAN/control', controlFile(architecture))
  place('DEBIAN/postinst', AFTER_INSTALL, 0o755)
  place('DEBIAN/prerm', BEFORE_REMOVE, 0o755)
  // xz would take a minute to save a few megabytes.
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zgzip', '--build', installed, file], { stdio: 'ignore' })
  return file
}

function controlFile(architecture: string): string {
  return `Package: sotto-relay
Version: ${manifest.version}
Architecture: ${architecture}
Maintainer: ${identity.maintainer}
Depends: nodejs (>= ${nodeVersion}), libc6 (>= 2.31), libstdc++6
Section: net
Priority: optional
Homepage: ${identity.homepage}
Description: relay for the Sotto messenger
 Carries sealed messages between the devices of a family, a team or a company,
 and could not read one if it tried. Reached over TLS through a proxy in front.
`
}

/** It is not started by itself: first somebody says who may reach it. */
const AFTER_INSTALL = `#!/bin/sh
set -e
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl try-restart sotto-relay.service
fi
`
const BEFORE_REMOVE = `#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  systemctl disable --now sotto-relay.service
fi
`

/** `sotto-relay` and `sotto-chat`, for every system; npm fetches the native packages. */
function makeNpmPackage(folder: string, cli: string, papers: string): string {
  const described = {
    name: 'sotto-cli',
    version: manifest.version,
    description: 'The relay of Sotto, and its messenger as JSON-RPC on standard input and output.',
    license: manifest.license,
    homepage: identity.homepage,
    type: 'module',
    bin: { 'sotto-relay': 'relay.js', 'sotto-chat': 'chat.js' },
    engines: manifest.engines,
    dependencies: manifest.dependencies,
  }
  writeFileSync(join(cli, 'package.json'), `${JSON.stringify(described, null, 2)}\n`)
  cpSync(join(root, 'LICENSE'), join(cli, 'LICENSE'))
  cpSync(join(root, 'docs/json-rpc.md'), join(cli, 'README.md'))
  writeFileSync(join(cli, 'THIRD-PARTY-NOTICES.txt'), papers)
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: cli, stdio: 'ignore' })
  return join(folder, `${described.name}-${described.version}.tgz`)
}
