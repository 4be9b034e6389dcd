// A backup's folder: segments that never change, and manifests that say which of them are the profile at one moment.
//
// `sotto-<id>/backup.json` · `segments/<two letters>/<name>` · `manifests/<number>` · `lock`

import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { takeLock } from '../file-lock.ts'
import { makeFolder } from '../make-folder.ts'
import { WrappedKey } from '../recovery-code.ts'

/** In the clear: the database key under the recovery code, as it lies beside the database [E8]. */
export const Head = z.strictObject({ version: z.literal(1), recovery: WrappedKey.omit({ confirmed: true }) })
export type Head = z.infer<typeof Head>

const ROOT = /^sotto-[0-9a-f]{16}$/
const SEGMENT = /^[0-9a-f]{64}$/
const MANIFEST = /^\d{8}$/
const PART = '.part'

export interface BackupFolder {
  readonly path: string
  /** Undefined: somebody else writes there. Answers how to let go. */
  lock(): (() => void) | undefined
  writeHead(head: Head): Promise<void>
  /** Whether it is there, as long as it should be. */
  hasSegment(name: string, bytes: number): Promise<boolean>
  writeSegment(name: string, sealed: Uint8Array): Promise<void>
  /** Undefined: it is not there. */
  readSegment(name: string): Promise<Buffer | undefined>
  segments(): Promise<string[]>
  removeSegment(name: string): Promise<void>
  /** Their names, the newest first. */
  manifests(): Promise<string[]>
  /** On the disk with all that it names when this resolves. */
  writeManifest(name: string, sealed: Uint8Array): Promise<void>
  readManifest(name: string): Promise<Buffer | undefined>
  removeManifest(name: string): Promise<void>
  /** What an interrupted run left half written. */
  sweep(): Promise<void>
}

/** The backup of that id in a folder that a person chose; made if it is not there. Rejects as the disk does. */
export async function makeBackupFolder(place: string, id: string): Promise<BackupFolder> {
  const path = join(place, `sotto-${id}`)
  makeFolder(join(path, 'segments'))
  makeFolder(join(path, 'manifests'))
  return folderAt(path)
}

/** Every backup in a folder, or the folder itself if it is one, with its head. */
export async function findBackups(place: string): Promise<{ folder: BackupFolder; head: Head }[]> {
  const names = (await list(place)).filter((name) => ROOT.test(name))
  const found: { folder: BackupFolder; head: Head }[] = []
  for (const path of [place, ...names.map((name) => join(place, name))]) {
    const head = await readHead(path)
    if (head !== undefined) found.push({ folder: folderAt(path), head })
  }
  return found
}

async function readHead(path: string): Promise<Head | undefined> {
  const text = await readOrNothing(join(path, 'backup.json'))
  try {
    return text === undefined ? undefined : Head.parse(JSON.parse(text.toString('utf8')))
  } catch {
    return undefined
  }
}

function folderAt(path: string): BackupFolder {
  const segmentAt = (name: string) => join(path, 'segments', name.slice(0, 2), name)
  const manifestAt = (name: string) => join(path, 'manifests', name)
  /** Folders with names that are not on the disk yet. */
  const unsynced = new Set<string>()

  async function write(file: string, bytes: Uint8Array): Promise<void> {
    const part = `${file}${PART}`
    const handle = await open(part, 'w', 0o600)
    try {
      await handle.writeFile(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(part, file)
    unsynced.add(dirname(file))
  }

  async function syncFolders(): Promise<void> {
    // Windows has no such thing: there a rename is on the disk by itself.
    if (process.platform !== 'win32') for (const folder of unsynced) await syncFolder(folder)
    unsynced.clear()
  }

  async function segments(): Promise<string[]> {
    const found: string[] = []
    for (const two of await list(join(path, 'segments'))) found.push(...(await list(join(path, 'segments', two))))
    return found.filter((name) => SEGMENT.test(name))
  }

  return {
    path,
    lock: () => takeLock(join(path, 'lock')),
    writeHead: (head) => write(join(path, 'backup.json'), Buffer.from(JSON.stringify(head))),
    hasSegment: async (name, bytes) => (await sizeOf(segmentAt(name))) === bytes,
    writeSegment: async (name, sealed) => {
      const two = dirname(segmentAt(name))
      if ((await mkdir(two, { recursive: true, mode: 0o700 })) !== undefined) unsynced.add(dirname(two))
      await write(segmentAt(name), sealed)
    },
    readSegment: (name) => readOrNothing(segmentAt(name)),
    segments,
    removeSegment: (name) => rm(segmentAt(name), { force: true }),
    manifests: async () =>
      (await list(join(path, 'manifests')))
        .filter((name) => MANIFEST.test(name))
        .sort()
        .reverse(),
    writeManifest: async (name, sealed) => {
      await syncFolders()
      await write(manifestAt(name), sealed)
      await syncFolders()
    },
    readManifest: (name) => readOrNothing(manifestAt(name)),
    removeManifest: (name) => rm(manifestAt(name), { force: true }),
    sweep: async () => {
      const folders = [path, join(path, 'manifests')]
      for (const two of await list(join(path, 'segments'))) folders.push(join(path, 'segments', two))
      for (const folder of folders) {
        for (const name of await list(folder)) if (name.endsWith(PART)) await rm(join(folder, name), { force: true })
      }
    },
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function sizeOf(file: string): Promise<number | undefined> {
  return (await stat(file).catch(() => undefined))?.size
}

async function list(path: string): Promise<string[]> {
  return (await nothingIfMissing(readdir(path))) ?? []
}

function readOrNothing(file: string): Promise<Buffer | undefined> {
  return nothingIfMissing(readFile(file))
}

async function nothingIfMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}
