// What goes wrong while a profile is opened, as a refusal: the keychain's, the disk's, or a mistake of ours.

import type { Log } from '../engine/ports.ts'
import { refuse } from '../shared/answer.ts'
import type { FailureCode } from '../shared/failure.ts'
import { SqlFailure, type SqlFailureKind } from '../shared/sql.ts'
import { whereThrown } from '../shared/thrown.ts'
import { KeychainRefused } from './profile-key.ts'

/** Mistakes of ours are noted, without their words. */
export function refusalOf(error: unknown, log: Log): ReturnType<typeof refuse> {
  if (error instanceof KeychainRefused) return error.refusal
  const code = codeOf(error)
  if (code === 'internal') log.error('profile.broken', whereThrown(error))
  return refuse(code)
}

const SQL_FAILURES: Record<SqlFailureKind, FailureCode> = {
  full: 'disk-full',
  busy: 'profile-in-use',
  damaged: 'database-damaged',
  'wrong-key': 'wrong-key',
  constraint: 'internal',
  other: 'internal',
}

function codeOf(error: unknown): FailureCode {
  if (error instanceof SqlFailure) return SQL_FAILURES[error.kind]
  return error instanceof Error && 'code' in error && error.code === 'ENOSPC' ? 'disk-full' : 'internal'
}
