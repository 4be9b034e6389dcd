// Where a relay keeps what it has: in a file for itself alone, or in a PostgreSQL that several share.

import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { systemClock } from '../../host/clock.ts'
import { systemRandom } from '../../host/random.ts'
import { openSqlite } from '../../host/sqlite.ts'
import { type Bell, createBell } from '../../relay/bell.ts'
import type { BlobStore } from '../../relay/blobs/contract.ts'
import { openDiskBlobs } from '../../relay/blobs/disk.ts'
import type { Crash, Log } from '../../relay/ports.ts'
import type { AdministeredStore } from '../../relay/store.ts'
import { openClusterBell } from '../../relay/stores/postgres/bell.ts'
import { openPostgresStore } from '../../relay/stores/postgres.ts'
import { openSqliteStore } from '../../relay/stores/sqlite.ts'
import { type Sql, SqlFailure } from '../../shared/sql.ts'
import { databaseIn } from './backup.ts'
import { isBucketAddress, readBucket } from './bucket-address.ts'
import type { Settings } from './settings.ts'

export interface Keeping {
  store: AdministeredStore
  bell: Bell
  /** After the relay. */
  close(): Promise<void>
}

/** Throws an Error with a sentence if another relay uses the file; rejects if PostgreSQL cannot be reached. */
export async function openKeeping(
  { data, store: url }: Pick<Settings, 'data' | 'store'>,
  log: Log,
  crash: Crash | undefined,
): Promise<Keeping> {
  mkdirSync(data, { recursive: true, mode: 0o700 })
  if (url === undefined) {
    const store = openSqliteStore(openDatabase(databaseIn(data)), systemRandom, crash)
    return { store, bell: createBell(), close: store.close }
  }
  const ports = { url, clock: systemClock, random: systemRandom }
  const store = await openPostgresStore({ ...ports, ...(crash && { crash }) })
  try {
    const bell = await openClusterBell({ ...ports, log })
    return {
      store,
      bell,
      close: async () => {
        await bell.close()
        await store.close()
      },
    }
  } catch (error) {
    await store.close()
    throw error
  }
}

/**
 * Where blobs are kept. Undefined: nowhere, because the relay shares its store and was not told of a place for blobs that
 * the others share too.
 */
export async function openBlobs({
  data,
  store,
  blobs,
}: Pick<Settings, 'data' | 'store' | 'blobs'>): Promise<BlobStore | undefined> {
  if (blobs === undefined) return store === undefined ? openDiskBlobs(join(data, 'blobs')) : undefined
  if (!isBucketAddress(blobs)) return openDiskBlobs(resolve(blobs))
  // Not before it is asked for: most relays do without.
  const { openS3Blobs } = await import('../../relay/blobs/s3.ts')
  return openS3Blobs(readBucket(blobs))
}

function openDatabase(file: string): Sql {
  try {
    return openSqlite({ file, exclusive: true })
  } catch (error) {
    if (error instanceof SqlFailure && error.kind === 'busy') throw new Error(`another relay is using ${file}`)
    throw error
  }
}
