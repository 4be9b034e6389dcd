// The disk: the Sql port on SQLCipher, one connection to one file, encrypted when a key is given.

import { closeSync, openSync } from 'node:fs'
import Database, { type Statement } from '@signalapp/sqlcipher'
import { type Sql, SqlFailure, type SqlFailureKind, type SqlValue } from '../shared/sql.ts'

export interface SqliteOptions {
  /** Made if it is not there, readable by its owner only. `:memory:` for none at all. */
  file: string
  /** 32 bytes, used as they are: nothing is derived from them. Without it the file is not encrypted. */
  key?: Uint8Array
  /** The file belongs to this connection alone until it closes; another one gets `busy`. */
  exclusive?: boolean
}

/** Milliseconds that a call waits for another process. Short: the calls are synchronous, and everything else waits with them. */
const BUSY_TIMEOUT = 1000

/** Throws a SqlFailure: wrong-key also when the file is no database at all, damaged when a page does not verify. */
export function openSqlite({ file, key, exclusive = false }: SqliteOptions): Sql {
  if (key !== undefined && key.length !== 32) throw new RangeError('a database key has 32 bytes')
  const database = attempt(() => {
    // SQLite would make the file readable by everybody; -wal and -shm take their rights from it.
    if (file !== ':memory:') closeSync(openSync(file, 'a', 0o600))
    return new Database(file, { cacheStatements: true })
  })
  try {
    attempt(() => prepareConnection(database, key, exclusive))
  } catch (failure) {
    database.close()
    throw failure
  }
  return new SqliteConnection(database)
}

function prepareConnection(database: Database, key: Uint8Array | undefined, exclusive: boolean): void {
  // SQLCipher would tell standard error about every page it cannot read. What we need to know, the thrown code says.
  database.pragma('cipher_log_level = NONE')
  if (key !== undefined) database.pragma(`key = "x'${Buffer.from(key).toString('hex')}'"`)
  database.pragma(`busy_timeout = ${BUSY_TIMEOUT}`)
  // Before WAL: then the index of the WAL is kept in memory, and no -shm file is made.
  if (exclusive) database.pragma('locking_mode = EXCLUSIVE')
  // The first to read the file: here a wrong key shows.
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  // On macOS an ordinary fsync may leave bytes in the drive's own cache.
  database.pragma('fullfsync = ON')
  database.pragma('foreign_keys = ON')
  // The WAL gives back what a burst made it grow, in bytes.
  database.pragma('journal_size_limit = 4194304')
  // What this build already has as we want it: temporary tables in memory, so that nothing lands on the disk in the
  // clear; deleted rows overwritten; 16 MB of page cache, which holds the pages of any screen decrypted.
  database.prepare('SELECT count(*) FROM sqlite_schema').get([])
}

class SqliteConnection implements Sql {
  readonly #database: Database
  /** The driver keeps them too, but puts a key together and hashes it each time. */
  readonly #statements = new Map<string, Statement<{ bigint: true }>>()
  #inTransaction = false

  constructor(database: Database) {
    this.#database = database
  }

  get<Row extends object>(query: string, values: readonly SqlValue[] = []): Row | undefined {
    return attempt(() => {
      const row = this.#prepare(query).get(values.map(bind))
      return row === undefined ? undefined : (narrow(row) as Row)
    })
  }

  all<Row extends object>(query: string, values: readonly SqlValue[] = []): Row[] {
    return attempt(() => this.#prepare(query).all(values.map(bind)).map(narrow) as Row[])
  }

  run(query: string, values: readonly SqlValue[] = []): number {
    return attempt(() => this.#prepare(query).run(values.map(bind)).changes)
  }

  script(statements: string): void {
    attempt(() => this.#database.exec(statements))
  }

  transaction<T>(work: () => T): T {
    if (this.#inTransaction) throw new SqlFailure('other', 'a transaction inside a transaction')
    this.run('BEGIN IMMEDIATE')
    this.#inTransaction = true
    try {
      const result = work()
      if (result instanceof Promise) throw new SqlFailure('other', 'a transaction cannot wait for a promise')
      this.run('COMMIT')
      return result
    } catch (first) {
      this.#rollBack()
      throw first
    } finally {
      this.#inTransaction = false
    }
  }

  close(): void {
    attempt(() => this.#database.close())
  }

  /** Never throws: on a full disk SQLite has rolled back by itself, and "no transaction is active" would hide why. */
  #rollBack(): void {
    try {
      this.#database.exec('ROLLBACK')
    } catch {}
  }

  #prepare(query: string): Statement<{ bigint: true }> {
    const known = this.#statements.get(query)
    if (known !== undefined) return known
    const statement = this.#database.prepare(query, { persistent: true, bigint: true })
    this.#statements.set(query, statement)
    return statement
  }
}

/**
 * The driver would bind every number as a REAL, so that 7 / 2 is 3.5; an empty blob as NULL; and a number that is none as
 * NULL too. Whole numbers go in as INTEGER, the other two are refused.
 */
function bind(value: SqlValue): SqlValue & DriverValue {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return BigInt(value)
    if (!Number.isFinite(value) || Number.isInteger(value))
      throw new SqlFailure('other', 'a number without exact value')
    return value
  }
  if (value instanceof Uint8Array) {
    if (value.length === 0) throw new SqlFailure('other', 'an empty blob would be stored as NULL')
    return value as Uint8Array<ArrayBuffer>
  }
  return value
}

type DriverValue = string | number | bigint | Uint8Array<ArrayBuffer> | null

/** Whole numbers come out as numbers where a number holds them exactly, else as bigint: none is ever rounded. */
function narrow(row: Record<string, DriverValue>): Record<string, SqlValue> {
  for (const column in row) {
    const value = row[column]
    if (typeof value !== 'bigint') continue
    const number = Number(value)
    if (Number.isSafeInteger(number)) row[column] = number
  }
  return row
}

/** Whatever the driver throws becomes a SqlFailure. */
function attempt<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof SqlFailure) throw error
    const message = error instanceof Error ? error.message : 'unknown'
    throw new SqlFailure(kindOf(error), message, { cause: error })
  }
}

function kindOf(error: unknown): SqlFailureKind {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'SQLITE_FULL' || code === 'ENOSPC') return 'full'
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) return 'busy'
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_IOERR_SHORT_READ') return 'damaged'
  if (code === 'SQLITE_NOTADB') return 'wrong-key'
  if (code.startsWith('SQLITE_CONSTRAINT')) return 'constraint'
  return 'other'
}
