// Where Node keeps what it compiled, for the programs that tests start again and again: to read and compile the sources of
// a relay or a messenger takes longer than to run them.

import { join } from 'node:path'
import { root } from './run.ts'

export const compileCache = join(root, 'out/compile-cache')

/** This process and all that it starts from now on keep it there, unless told otherwise. */
export function keepCompiled(): void {
  process.env.NODE_COMPILE_CACHE ??= compileCache
}
