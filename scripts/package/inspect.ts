// Looks into an unpacked app and says what is wrong with it: the last look before anybody gets it.

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, posix } from 'node:path'
import { extractFile, getRawHeader, listPackage } from '@electron/asar'
import { FuseState, FuseV1Options, FuseVersion, getCurrentFuseWire } from '@electron/fuses'
import { NtExecutable, NtExecutableResource } from 'resedit'
import { root } from '../run.ts'
import { fuses } from './configuration.ts'
import { targetOfNativeFile } from './native-file.ts'
import { unbundled } from './shipped.ts'
import { executable, nameOf, resourcesFolder, type Target } from './target.ts'

/** The most that our own part of the app may take, in bytes: some tenth more than it does. */
const BUDGET = 40 * 1024 * 1024
/** Of that, what is neither libsignal nor SQLCipher. */
const BUDGET_WITHOUT_NATIVE = 4 * 1024 * 1024

const nativeModules = ['@signalapp/libsignal-client', '@signalapp/sqlcipher', 'keytar']
const allowed = [
  /^package\.json$/,
  /^out\/main\/(chunks\/)?[\w-]+\.js$/,
  /^out\/preload\/index\.cjs$/,
  /^out\/renderer\/(index\.html|assets\/[\w-]+\.(js|css|woff2|svg|png))$/,
  new RegExp(String.raw`^(${unbundled.join('|')})/(package\.json|LICENSE[\w.]*|.+\.(js|cjs|mjs|node))$`),
]

/** Everything below, in one list of sentences; empty if the app is as it has to be. */
export async function inspectTree(unpacked: string, target: Target): Promise<string[]> {
  return [
    ...inspectContents(unpacked, target),
    ...inspectNativeFiles(unpacked, target),
    ...inspectSize(unpacked, target),
    ...inspectPapers(unpacked, target),
    ...inspectIntegrity(unpacked, target),
    ...(await inspectFuses(unpacked, target)),
  ]
}

/** Only what the app needs to run, and nothing that tells about the machine that built it. */
export function inspectContents(unpacked: string, target: Target): string[] {
  const archive = archiveOf(unpacked, target)
  const files = filesIn(archive)
  const unexpected = files.filter((file) => !allowed.some((pattern) => pattern.test(file)))
  const problems = unexpected.map((file) => `${file} has no business in the app`)
  for (const file of files.filter((file) => /^out\/.*\.(js|cjs|css|html)$/.test(file))) {
    const text = extractFile(archive, file).toString()
    if (text.includes(root) || text.includes(homedir() + posix.sep))
      problems.push(`${file} names a folder of the builder`)
    if (text.includes('sourceMappingURL')) problems.push(`${file} points to a source map`)
  }
  const manifest = JSON.parse(extractFile(archive, 'package.json').toString()) as object
  for (const field of ['scripts', 'devDependencies']) {
    if (field in manifest) problems.push(`package.json still has ${field}`)
  }
  if (existsSync(join(resourcesFolder(unpacked, target), 'default_app.asar')))
    problems.push("Electron's welcome app is there")
  return problems
}

/** One native file for each module, for the right system and processor, and outside of the archive. */
export function inspectNativeFiles(unpacked: string, target: Target): string[] {
  const outside = join(resourcesFolder(unpacked, target), 'app.asar.unpacked')
  const native = filesIn(archiveOf(unpacked, target)).filter((file) => file.endsWith('.node'))
  const problems = nativeModules.flatMap((module) => {
    const count = native.filter((file) => file.startsWith(`node_modules/${module}/`)).length
    return count === 1 ? [] : [`${module} has ${count} native files`]
  })
  for (const file of native) {
    if (!existsSync(join(outside, file))) problems.push(`${file} is inside the archive`)
    else {
      const found = targetOfNativeFile(readFileSync(join(outside, file)))
      const name = found === undefined ? 'nothing we know' : nameOf(found)
      if (name !== nameOf(target)) problems.push(`${file} is for ${name}, not for ${nameOf(target)}`)
    }
  }
  const strays = sizes(outside).filter(({ file }) => !native.includes(file))
  return [...problems, ...strays.map(({ file }) => `${file} lies outside the archive without need`)]
}

/** The archive and what lies beside it, not Electron. */
export function inspectSize(unpacked: string, target: Target): string[] {
  const archive = statSync(archiveOf(unpacked, target)).size
  const beside = sizes(join(resourcesFolder(unpacked, target), 'app.asar.unpacked'))
  const total = archive + beside.reduce((sum, { size }) => sum + size, 0)
  const problems = total > BUDGET ? [`the app takes ${total} bytes; its budget is ${BUDGET}`] : []
  if (archive > BUDGET_WITHOUT_NATIVE)
    problems.push(`the archive takes ${archive} bytes; its budget is ${BUDGET_WITHOUT_NATIVE}`)
  return problems
}

/** Licences, notices, bill of materials. */
export function inspectPapers(unpacked: string, target: Target): string[] {
  const resources = resourcesFolder(unpacked, target)
  const ofElectron = target.platform === 'darwin' ? resources : unpacked
  const wanted = [
    join(resources, 'LICENSE.txt'),
    join(resources, 'THIRD-PARTY-NOTICES.txt'),
    join(resources, 'sotto.cdx.json'),
    join(ofElectron, 'LICENSE.electron.txt'),
    join(ofElectron, 'LICENSES.chromium.html'),
  ]
  return wanted.filter((file) => !existsSync(file)).map((file) => `${file} is missing`)
}

/** What Electron compares the archive's header with before it believes a byte of it. Linux has no such check. */
export function inspectIntegrity(unpacked: string, target: Target): string[] {
  if (target.platform === 'linux') return []
  const { headerString } = getRawHeader(archiveOf(unpacked, target))
  const hash = createHash('sha256').update(headerString).digest('hex')
  const promised = target.platform === 'win32' ? integrityOfProgram(unpacked, target) : propertyList(unpacked)
  return promised.includes(hash) ? [] : ['the hash of the archive is not the one that Electron would look for']
}

function integrityOfProgram(unpacked: string, target: Target): string {
  const program = NtExecutable.from(readFileSync(executable(unpacked, target)), { ignoreCert: true })
  const entry = NtExecutableResource.from(program).entries.find(({ type }) => type === 'INTEGRITY')
  return entry === undefined ? '' : Buffer.from(entry.bin).toString()
}

export function propertyList(unpacked: string): string {
  return readFileSync(join(unpacked, 'Sotto.app', 'Contents', 'Info.plist'), 'utf8')
}

/** As they are in the program, not as we asked for them. */
export async function inspectFuses(unpacked: string, target: Target): Promise<string[]> {
  const wire = await getCurrentFuseWire(executable(unpacked, target))
  if (wire.version !== FuseVersion.V1) return [`the fuses are of version ${wire.version}, which we do not know`]
  return Object.entries(fuses).flatMap(([name, wanted]) => {
    const option = FuseV1Options[(name.charAt(0).toUpperCase() + name.slice(1)) as keyof typeof FuseV1Options]
    const state = wire[option]
    return state === (wanted ? FuseState.ENABLE : FuseState.DISABLE) ? [] : [`the fuse ${name} is not ${wanted}`]
  })
}

function archiveOf(unpacked: string, target: Target): string {
  return join(resourcesFolder(unpacked, target), 'app.asar')
}

/** Paths of files, without folders, with `/` between. */
function filesIn(archive: string): string[] {
  const entries = listPackage(archive, { isPack: false }).map((entry) => entry.replaceAll('\\', '/').slice(1))
  const folders = new Set(entries.map((entry) => posix.dirname(entry)))
  return entries.filter((entry) => !folders.has(entry))
}

function sizes(folder: string): { file: string; size: number }[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return { file: path.slice(folder.length + 1).replaceAll('\\', '/'), size: statSync(path).size }
    })
}
