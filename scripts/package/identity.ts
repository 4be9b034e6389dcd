// Who Sotto says it is to the systems it is installed on, and where it lives on the web.

/**
 * Names under .example belong to nobody: they stand here until there is an address, and no update channel is signed
 * before that (docs/releasing.md). The identifier itself is for ever: systems know installed copies by it.
 */
export const identity = {
  id: 'example.sotto.Sotto',
  homepage: 'https://sotto.example',
  maintainer: 'The Sotto authors <packages@sotto.example>',
  updates: 'https://updates.sotto.example',
  copyright: 'Copyright © The Sotto authors. AGPL-3.0-only.',
} as const
