// The keys of a backup: made of the database key, so that whatever opens that (the recovery code) opens the backup too [E15].

import { hkdfSync } from 'node:crypto'
import { Secret } from '../secret.ts'

export interface BackupKeys {
  /** Names the backup of one database key, and tells nothing about it. */
  id: string
  /** Seals segments and manifests. */
  seal: Secret
  /** Names segments by what is in them. */
  name: Secret
  /** Decides where a segment ends, so that lengths tell nobody what is in it. */
  cut: Secret
  forget(): void
}

const KEY_BYTES = 32
const ID_BYTES = 8

export function backupKeysOf(databaseKey: Secret): BackupKeys {
  const [seal, name, cut] = [derive(databaseKey, 'seal'), derive(databaseKey, 'name'), derive(databaseKey, 'cut')]
  const id = derive(databaseKey, 'id').use((bytes) => Buffer.from(bytes.slice(0, ID_BYTES)).toString('hex'))
  return {
    id,
    seal,
    name,
    cut,
    forget: () => {
      for (const key of [seal, name, cut]) key.forget()
    },
  }
}

/** HKDF-SHA256, each use under its own name: none of them gives away another, nor the database key. */
function derive(databaseKey: Secret, use: string): Secret {
  return databaseKey.use(
    (bytes) => new Secret(new Uint8Array(hkdfSync('sha256', bytes, '', `sotto backup v1 ${use}`, KEY_BYTES))),
  )
}
