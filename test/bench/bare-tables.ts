// SQLCipher alone, for the floors: the rows that have to be written, with prepared statements and nothing else.

import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import Database from '@signalapp/sqlcipher'
import { KEY } from './acquaintances.ts'

/** Tables as the engine clusters them, without its other columns, indexes and rules. */
const TABLES = `
  CREATE TABLE sessions (address TEXT PRIMARY KEY, record BLOB NOT NULL) STRICT;
  CREATE TABLE messages (conversation TEXT, position INTEGER, id TEXT UNIQUE, sent_at INTEGER, text TEXT,
    PRIMARY KEY (conversation, position)) STRICT, WITHOUT ROWID;
  CREATE TABLE outbox (id INTEGER PRIMARY KEY, submission TEXT, content BLOB) STRICT;
  CREATE TABLE seen (hash BLOB PRIMARY KEY, at INTEGER) STRICT, WITHOUT ROWID;
`

export class BareTables {
  readonly #database: Database
  readonly #file: string
  readonly #session
  readonly #message
  readonly #outbox
  readonly #seen
  #position = 0

  constructor(file: string) {
    this.#file = file
    this.#forget()
    this.#database = new Database(file)
    this.#database.pragma(`key = "x'${Buffer.from(KEY).toString('hex')}'"`)
    this.#database.pragma('locking_mode = EXCLUSIVE')
    this.#database.pragma('journal_mode = WAL')
    this.#database.pragma('synchronous = FULL')
    this.#database.exec(TABLES)
    this.#session = this.#database.prepare(
      'INSERT INTO sessions VALUES (?, ?) ON CONFLICT DO UPDATE SET record = excluded.record',
    )
    this.#message = this.#database.prepare('INSERT INTO messages VALUES (?, ?, ?, ?, ?)')
    this.#outbox = this.#database.prepare('INSERT INTO outbox (submission, content) VALUES (?, ?)')
    this.#seen = this.#database.prepare('INSERT INTO seen VALUES (?, ?)')
  }

  /** WAL, synchronous=FULL: on the disk when it returns. */
  commit(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE')
    work()
    this.#database.exec('COMMIT')
  }

  session(record: Uint8Array<ArrayBuffer>, address = 'peer.1'): void {
    this.#session.run([address, record])
  }

  message(text: string): void {
    this.#position += 1
    this.#message.run(['conversation', this.#position, randomUUID(), Date.now(), text])
  }

  ciphertext(bytes: Uint8Array<ArrayBuffer>): void {
    this.#outbox.run([randomUUID(), bytes])
  }

  seen(hash: Uint8Array<ArrayBuffer>): void {
    this.#seen.run([hash, Date.now()])
  }

  close(): void {
    this.#database.close()
    this.#forget()
  }

  #forget(): void {
    for (const end of ['', '-wal']) rmSync(`${this.#file}${end}`, { force: true })
  }
}
