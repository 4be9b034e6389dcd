// How PostgreSQL's values, which come as text, become ours.

import pg from 'pg'

const { builtins } = pg.types

const asIs = (text: string): unknown => text

const readers = new Map<number, (text: string) => unknown>([
  [builtins.BOOL, (text) => text === 't'],
  [builtins.INT2, Number],
  [builtins.INT4, Number],
  // Times, positions and sizes: all below 2⁵³.
  [builtins.INT8, Number],
  // After a backslash and an x.
  [builtins.BYTEA, (text) => Buffer.from(text.slice(2), 'hex')],
])

export const types: pg.CustomTypesConfig = {
  getTypeParser: (type: number) => readers.get(type) ?? asIs,
}
