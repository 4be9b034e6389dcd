// A folder in the shape of an Electron distribution, for machines where the real one cannot be had: enough of one that the
// real builder goes all its way on it. It runs nothing.

import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createPackage } from '@electron/asar'
import { NtExecutable, NtExecutableResource, Resource } from 'resedit'
import { nameOf, type Target } from './target.ts'

/** What Electron's own tools look for before the fuses, then version 1 and so many fuses as Electron 45 has. */
const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'
/** As Electron comes: each fuse on or off ('1', '0') in the order of FuseV1Options. */
const FACTORY_FUSES = '101100011'

/** Makes the distribution for `target`, zipped as Electron's are, in `folder`. Answers the file. */
export async function makeStandinDistribution(folder: string, target: Target): Promise<string> {
  const content = join(folder, nameOf(target))
  await fillDistribution(content, target)
  const zip = join(folder, `electron-${nameOf(target)}.zip`)
  execFileSync('7za', ['a', '-tzip', '-mx=1', '-snl', zip, '.'], { cwd: content, stdio: 'ignore' })
  return zip
}

async function fillDistribution(folder: string, target: Target): Promise<void> {
  write(folder, 'version', '')
  write(folder, 'LICENSE', "Electron's licence stands here.\n")
  write(folder, 'LICENSES.chromium.html', "<p>Chromium's licences stand here.</p>\n")
  if (target.platform === 'darwin') await makeBundle(folder)
  else await makeFlat(folder, target)
}

async function makeFlat(folder: string, { platform, arch }: Target): Promise<void> {
  const program = platform === 'win32' ? windowsProgram(arch) : linuxProgram(arch)
  write(folder, platform === 'win32' ? 'electron.exe' : 'electron', program, 0o755)
  for (const language of ['de', 'en-US']) write(folder, `locales/${language}.pak`, '')
  await writeWelcomeApp(join(folder, 'resources'))
}

async function makeBundle(folder: string): Promise<void> {
  const contents = join(folder, 'Electron.app', 'Contents')
  const bundle = (at: string, name: string): void => {
    write(at, 'Info.plist', propertyList(name))
    write(at, `MacOS/${name}`, '', 0o755)
  }
  bundle(contents, 'Electron')
  for (const kind of ['', ' (GPU)', ' (Plugin)', ' (Renderer)']) {
    bundle(join(contents, `Frameworks/Electron Helper${kind}.app/Contents`), `Electron Helper${kind}`)
  }
  const framework = join(contents, 'Frameworks', 'Electron Framework.framework')
  write(framework, 'Versions/A/Electron Framework', fuseWire())
  for (const language of ['de', 'en']) write(framework, `Versions/A/Resources/${language}.lproj/locale.pak`, '')
  symlinkSync('A', join(framework, 'Versions', 'Current'))
  for (const name of ['Electron Framework', 'Resources']) symlinkSync(`Versions/Current/${name}`, join(framework, name))
  for (const language of ['de', 'en']) write(contents, `Resources/${language}.lproj/locale.pak`, '')
  await writeWelcomeApp(join(contents, 'Resources'))
}

/** Electron shows it where there is no app; a release must not hold it. */
async function writeWelcomeApp(resources: string): Promise<void> {
  const source = join(resources, 'default_app')
  write(source, 'package.json', '{"name":"welcome","main":"main.js"}')
  await createPackage(source, join(resources, 'default_app.asar'))
  rmSync(source, { recursive: true })
}

function linuxProgram(arch: Target['arch']): Buffer {
  const header = Buffer.alloc(64)
  header.write('\x7fELF\x02\x01\x01', 'latin1')
  header.writeUInt16LE(arch === 'x64' ? 0x3e : 0xb7, 18)
  return Buffer.concat([header, fuseWire()])
}

/** With the version that the builder edits, and beside which it writes the integrity of the archive. */
function windowsProgram(arch: Target['arch']): Buffer {
  const program = NtExecutable.createEmpty(false, false)
  program.newHeader.fileHeader.machine = arch === 'x64' ? 0x8664 : 0xaa64
  const resources = NtExecutableResource.from(program)
  const version = Resource.VersionInfo.createEmpty()
  version.setStringValues({ lang: 1033, codepage: 1200 }, { ProductName: 'Electron' })
  version.outputToResourceEntries(resources.entries)
  resources.outputResource(program)
  program.setExtraData(fuseWire())
  return Buffer.from(program.generate())
}

function fuseWire(): Buffer {
  return Buffer.concat([Buffer.from(SENTINEL), Buffer.of(1, FACTORY_FUSES.length), Buffer.from(FACTORY_FUSES)])
}

function propertyList(name: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
  <dict>
    <key>CFBundleExecutable</key>
    <string>${name}</string>
    <key>CFBundleName</key>
    <string>${name}</string>
  </dict>
</plist>
`
}

function write(folder: string, path: string, content: string | Buffer, mode = 0o644): void {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content, { mode })
}
