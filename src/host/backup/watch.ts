// Which rows changed while a backup was reading.

import type { Sql, SqlValue } from '../../shared/sql.ts'
import { quoted, type Table } from './tables.ts'

export interface Watch {
  /** The keys of rows that came, went or changed since. */
  touched(table: Table): SqlValue[][]
  stop(): void
}

/**
 * Notes which rows change from now on, in tables that live in memory: what is read slice by slice while people go on
 * writing is put right at the end with the rows that were touched meanwhile.
 */
export function watchTables(sql: Sql, tables: readonly Table[]): Watch {
  // So that a row which REPLACE pushes out counts as deleted.
  sql.script('PRAGMA recursive_triggers = ON')
  stopWatching(sql, tables)
  tables.forEach((table, number) => {
    const key = table.key.map((_, at) => `k${at}`)
    const note = (row: 'OLD' | 'NEW') =>
      `INSERT INTO backup_touched_${number} VALUES (${table.key.map((column) => `${row}.${quoted(column)}`).join(', ')});`
    const trigger = (event: string, notes: string) =>
      `CREATE TEMP TRIGGER backup_${event}_${number} AFTER ${event} ON main.${quoted(table.name)} BEGIN ${notes} END;`
    sql.script(`
      CREATE TEMP TABLE backup_touched_${number} (${key.join(', ')});
      ${trigger('INSERT', note('NEW'))}
      ${trigger('DELETE', note('OLD'))}
      ${trigger('UPDATE', note('OLD') + note('NEW'))}`)
  })
  return {
    touched: (table) =>
      sql
        .all<Record<string, SqlValue>>(`SELECT DISTINCT * FROM temp.backup_touched_${tables.indexOf(table)}`)
        .map((row) => table.key.map((_, at) => row[`k${at}`] ?? null)),
    stop: () => stopWatching(sql, tables),
  }
}

function stopWatching(sql: Sql, tables: readonly Table[]): void {
  tables.forEach((_, number) => {
    for (const event of ['INSERT', 'DELETE', 'UPDATE'])
      sql.script(`DROP TRIGGER IF EXISTS temp.backup_${event}_${number}`)
    sql.script(`DROP TABLE IF EXISTS temp.backup_touched_${number}`)
  })
}
