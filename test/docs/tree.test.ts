// The map in ARCHITECTURE.md shows the house as it is.

import { expect, test } from 'vitest'
import { foldersIn, read } from './project.ts'

test('the tree in ARCHITECTURE.md has every folder of src, and no other', () => {
  expect(foldersInTree(read('ARCHITECTURE.md').text)).toEqual(['src', ...foldersIn('src')].toSorted())
})

/** Reads `name/` by its indentation, two spaces a level, out of the first block that begins with `src/`. */
function foldersInTree(document: string): string[] {
  const [, block = ''] = /```text\n(src\/[\s\S]*?)```/.exec(document) ?? []
  const path: string[] = []
  const folders: string[] = []
  for (const line of block.split('\n')) {
    const [, indentation = '', name] = /^( *)([\w-]+)\//.exec(line) ?? []
    if (name === undefined) continue
    path.splice(indentation.length / 2, Number.POSITIVE_INFINITY, name)
    folders.push(path.join('/'))
  }
  return folders.toSorted()
}
