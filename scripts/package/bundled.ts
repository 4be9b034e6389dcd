// A plugin for the bundler that writes down which packages went into a bundle: the app's notices and its bill of
// materials have to name them, and nobody could tell from the bundle.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'

/** In the folder of all that is built: one JSON file for each bundle, with the folders of packages from the project's root. */
export const bundledLists = 'bundled'

/** @param bundle what the file is called. It is written beside the bundle's own folder. */
export function recordPackages(bundle: string): Plugin {
  return {
    name: 'record-packages',
    apply: 'build',
    generateBundle({ dir = '.' }, chunks) {
      const lists = join(dir, '..', bundledLists)
      // Fonts and pictures come in as assets.
      const files = Object.values(chunks).flatMap((one) =>
        one.type === 'chunk' ? one.moduleIds : one.originalFileNames,
      )
      const folders = files.map(packageFolder).filter((folder) => folder !== undefined)
      mkdirSync(lists, { recursive: true })
      writeFileSync(join(lists, `${bundle}.json`), JSON.stringify([...new Set(folders)].sort(), null, 2))
    },
  }
}

/** The innermost package that a file belongs to; undefined for our own and for the bundler's. */
function packageFolder(file: string): string | undefined {
  const match = /^(?:.*\/)?(node_modules\/.*node_modules\/(?:@[^/]+\/)?[^/]+|node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(
    file.replaceAll('\\', '/').replace(/^\0/, ''),
  )
  return match?.[1]
}
