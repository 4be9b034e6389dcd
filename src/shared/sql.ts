// What the engine and the relay ask of a database: SQLite's dialect, synchronous, one connection.

export type SqlValue = string | number | bigint | Uint8Array | null

/**
 * A connection to one SQLite database. Every call may throw a SqlFailure and nothing else; a call that threw changed
 * nothing outside the transaction it belongs to.
 */
export interface Sql {
  /** The first row, or undefined. */
  get<Row extends object>(query: string, values?: readonly SqlValue[]): Row | undefined
  all<Row extends object>(query: string, values?: readonly SqlValue[]): Row[]
  /** How many rows it changed. */
  run(query: string, values?: readonly SqlValue[]): number
  /** Several statements without values: migrations. */
  script(statements: string): void
  /**
   * BEGIN IMMEDIATE … COMMIT around work; rolls back and rethrows the first error if it throws. When it returns, what
   * work did is on the disk (WAL, synchronous=FULL). Never nested, never async.
   */
  transaction<T>(work: () => T): T
  close(): void
}

/**
 * full: no room on the disk, nothing was written · busy: another process holds it · damaged: pages that do not verify ·
 * wrong-key: not a database, or another key · constraint: a rule of the schema · other: our mistake.
 */
export type SqlFailureKind = 'full' | 'busy' | 'damaged' | 'wrong-key' | 'constraint' | 'other'

export class SqlFailure extends Error {
  readonly kind: SqlFailureKind
  constructor(kind: SqlFailureKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SqlFailure'
    this.kind = kind
  }
}
