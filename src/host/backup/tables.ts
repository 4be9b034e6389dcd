// The tables of a profile as a backup sees them: any there are, row by row, in the order of their keys.

import type { Sql, SqlValue } from '../../shared/sql.ts'

export interface Table {
  name: string
  columns: string[]
  /** What a row goes by. */
  key: string[]
}

/**
 * What a restored profile makes anew, so that no ratchet and no prekey is ever in two places: what was sealed for them is
 * asked for again [P70] [P83].
 */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'sessions',
  'sender_keys',
  'one_time_prekeys',
  'signed_prekeys',
  'kyber_prekeys',
  'kyber_base_keys_used',
])

/** In the order of their names. Virtual tables and what belongs to them are made of others, and are made anew. */
export function tablesOf(sql: Sql): Table[] {
  const listed = sql.all<{ name: string; type: string; schema: string }>('PRAGMA table_list')
  return listed
    .filter(({ name, type, schema }) => schema === 'main' && type === 'table' && !name.startsWith('sqlite_'))
    .filter(({ name }) => !LEFT_OUT.has(name))
    .map(({ name }) => tableOf(sql, name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function tableOf(sql: Sql, name: string): Table {
  const columns = sql.all<{ name: string; pk: number }>(`PRAGMA table_info(${quoted(name)})`)
  const key = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk)
  if (key.length === 0) throw new Error(`the table ${name} has no key to go by`)
  return { name, columns: columns.map((column) => column.name), key: key.map((column) => column.name) }
}

/** Rows after that key, or the first ones; each as its values in the order of the columns. */
export function rowsAfter(sql: Sql, table: Table, after: readonly SqlValue[] | undefined, limit: number): SqlValue[][] {
  const where = after === undefined ? '' : `WHERE ${tuple(table.key)} > (${table.key.map(() => '?').join(', ')})`
  const query = `SELECT ${table.columns.map(quoted).join(', ')} FROM ${quoted(table.name)} ${where}
    ORDER BY ${table.key.map(quoted).join(', ')} LIMIT ${limit}`
  return sql.all<Record<string, SqlValue>>(query, after ?? []).map((row) => valuesOf(table, row))
}

export function keyOf(table: Table, values: readonly SqlValue[]): SqlValue[] {
  return table.key.map((column) => values[table.columns.indexOf(column)] ?? null)
}

function valuesOf(table: Table, row: Record<string, SqlValue>): SqlValue[] {
  return table.columns.map((column) => row[column] ?? null)
}

/** In place of what stands in its way: while rows come in, one may stand where it was and where it went. */
export function putRow(sql: Sql, table: Table, values: readonly SqlValue[]): void {
  const places = values.map((value) => (isEmptyBlob(value) ? "x''" : '?')).join(', ')
  const bound = values.filter((value) => !isEmptyBlob(value))
  sql.run(`INSERT OR REPLACE INTO ${quoted(table.name)} ${tuple(table.columns)} VALUES (${places})`, bound)
}

/** The driver can bind none: where one stands in a row, SQL has put it there. */
function isEmptyBlob(value: SqlValue): boolean {
  return value instanceof Uint8Array && value.length === 0
}

export function deleteRow(sql: Sql, table: Table, key: readonly SqlValue[]): void {
  sql.run(
    `DELETE FROM ${quoted(table.name)} WHERE ${table.key.map((column) => `${quoted(column)} = ?`).join(' AND ')}`,
    key,
  )
}

export function emptyTable(sql: Sql, table: Table): void {
  sql.run(`DELETE FROM ${quoted(table.name)}`)
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function tuple(columns: readonly string[]): string {
  return `(${columns.map(quoted).join(', ')})`
}

/** The row of that key as it is now. */
export function rowOf(sql: Sql, table: Table, key: readonly SqlValue[]): SqlValue[] | undefined {
  const where = table.key.map((column) => `${quoted(column)} = ?`).join(' AND ')
  const columns = table.columns.map(quoted).join(', ')
  const row = sql.get<Record<string, SqlValue>>(`SELECT ${columns} FROM ${quoted(table.name)} WHERE ${where}`, key)
  return row && valuesOf(table, row)
}
