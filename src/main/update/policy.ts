// Whether this app may look for updates at all: not where whoever runs the computer says that somebody else does that.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

/** What an administrator may say. More may be said later, so that what is unknown is passed over. */
const Policy = z.object({ updates: z.enum(['on', 'off']).optional() })

/** A file that only an administrator can write. */
export function policyFile(platform: string, env: NodeJS.ProcessEnv): string {
  if (platform === 'win32') return join(env.ProgramData ?? 'C:\\ProgramData', 'Sotto', 'policy.json')
  if (platform === 'darwin') return '/Library/Application Support/Sotto/policy.json'
  return '/etc/sotto/policy.json'
}

/** `SOTTO_UPDATES=off` in the environment, or `{"updates":"off"}` in the file. A file that makes no sense says off too. */
export function mayUpdate(env: NodeJS.ProcessEnv, file: string): boolean {
  if (env.SOTTO_UPDATES === 'off') return false
  const text = readIfThere(file)
  if (text === undefined) return true
  try {
    return Policy.parse(JSON.parse(text)).updates !== 'off'
  } catch {
    return false
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
    return isMissing ? undefined : ''
  }
}
