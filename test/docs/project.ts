// What the tests of the documents read: the documents themselves, the tests, and the sources.

import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

export const root = join(import.meta.dirname, '../..')

/** With paths from the root and `/` in them, whatever the system. */
export interface TextFile {
  readonly path: string
  readonly text: string
}

/** Every document: those at the root, and all in docs/. */
export function documents(): TextFile[] {
  const atRoot = readdirSync(root).filter((name) => name.endsWith('.md'))
  return [...atRoot, ...filesIn('docs', /\.md$/)].map(read)
}

export function read(path: string): TextFile {
  return { path, text: readFileSync(join(root, path), 'utf8') }
}

/** Files of a folder and of those in it, sorted. */
export function filesIn(folder: string, name: RegExp): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && name.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .toSorted()
}

/** Folders of a folder and of those in it, sorted. */
export function foldersIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .toSorted()
}
