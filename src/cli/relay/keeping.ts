// Where a relay keeps what it has: in a file for itself alone, or in a PostgreSQL that several share.

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
import { unreachable } from '../../shared/answer.ts'
import { SqlFailure } from '../../shared/sql.ts'
import { databaseIn, isRestoreUnfinished } from './backup.ts'
import { isBucketAddress, readBucket } from './bucket-address.ts'
import { makeDataFolder } from './data-folder.ts'
import type { Settings } from './settings.ts'
import { whyNotUsed } from './store-address.ts'

export interface Keeping {
  store: AdministeredStore
  bell: Bell
  /** After the relay. */
  close(): Promise<void>
}

/** Rejects with an Error with a sentence if it cannot be kept there. */
export async function openKeeping(
  { data, store: url }: Pick<Settings, 'data' | 'store'>,
  log: Log,
  crash: Crash | undefined,
): Promise<Keeping> {
  makeDataFolder(data)
  if (url === undefined) {
    if (isRestoreUnfinished(data))
      throw new Error(
        `a restore into ${data} was not finished: do it again before this relay starts (admin restore FILE)`,
      )
    const store = openFile(databaseIn(data), crash)
    return { store, bell: createBell(), close: store.close }
  }
  try {
    return await openDatabase(url, log, crash)
  } catch (error) {
    throw new Error(`the database of --store ${whyNotUsed(error)}`)
  }
}

async function openDatabase(url: string, log: Log, crash: Crash | undefined): Promise<Keeping> {
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

function openFile(file: string, crash: Crash | undefined): AdministeredStore {
  try {
    return openSqliteStore(openSqlite({ file, exclusive: true }), systemRandom, { crash, clock: systemClock })
  } catch (error) {
    throw error instanceof SqlFailure ? new Error(whyNotFile(file, error)) : error
  }
}

function whyNotFile(file: string, { kind, message }: SqlFailure): string {
  switch (kind) {
    case 'busy':
      return `another relay is using ${file}`
    case 'wrong-key':
      return `${file} is not the database of a relay`
    case 'damaged':
      return `${file} is damaged: restore a backup`
    case 'full':
      return `${file} cannot be written: the disk is full`
    case 'constraint':
    case 'other':
      return `${file} cannot be used: ${message}`
    default:
      return unreachable(kind)
  }
}
