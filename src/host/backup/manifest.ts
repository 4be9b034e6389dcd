// A manifest: which segments, in which order, are a profile at one moment. Sealed for its own number.

import { z } from 'zod'
import type { Random } from '../../engine/ports.ts'
import { Instant } from '../../shared/ids.ts'
import type { BackupFolder } from './folder.ts'
import type { BackupKeys } from './keys.ts'
import { nameOf, openFor, SEALING_BYTES, sealFor } from './sealed.ts'

const Name = z.string().regex(/^[0-9a-f]{64}$/)

export const Manifest = z.strictObject({
  version: z.literal(1),
  made: Instant,
  /** The number of the last migration of the database it was made of. */
  schema: z.int().min(1),
  tables: z.array(
    z.strictObject({
      name: z.string(),
      columns: z.array(z.string()),
      key: z.array(z.string()),
      segments: z.array(Name),
    }),
  ),
  /** Rows that changed while the others were read: they count instead, table by its place, row or key. */
  amendments: z.array(Name),
  rows: z.int().min(0),
})
export type Manifest = z.infer<typeof Manifest>

export async function writeManifest(
  folder: BackupFolder,
  manifest: Manifest,
  keys: BackupKeys,
  random: Random,
): Promise<void> {
  const [newest = '0'] = await folder.manifests()
  const name = String(Number(newest) + 1).padStart(8, '0')
  await folder.writeManifest(name, sealFor(labelOf(name), Buffer.from(JSON.stringify(manifest)), keys, random))
}

/** Undefined: it is not there, or not what was written. */
export async function readManifest(
  folder: BackupFolder,
  name: string,
  keys: BackupKeys,
): Promise<Manifest | undefined> {
  const sealed = await folder.readManifest(name)
  const plain = sealed && openFor(labelOf(name), sealed, keys)
  if (plain === undefined) return undefined
  const parsed = Manifest.safeParse(JSON.parse(plain.toString('utf8')))
  return parsed.success ? parsed.data : undefined
}

/** Answers its name, and whether it had to be written. */
export async function writeSegment(
  folder: BackupFolder,
  plain: Buffer,
  keys: BackupKeys,
  random: Random,
  distrusted: ReadonlySet<string> = new Set(),
): Promise<{ name: string; written: boolean }> {
  const name = nameOf(plain, keys)
  if (!distrusted.has(name) && (await folder.hasSegment(name, plain.length + SEALING_BYTES)))
    return { name, written: false }
  await folder.writeSegment(name, sealFor(name, plain, keys, random))
  return { name, written: true }
}

/** Undefined: it is not there, or not what was written. */
export async function readSegment(folder: BackupFolder, name: string, keys: BackupKeys): Promise<Buffer | undefined> {
  const sealed = await folder.readSegment(name)
  const plain = sealed && openFor(name, sealed, keys)
  return plain !== undefined && nameOf(plain, keys) === name ? plain : undefined
}

/** Everything that a manifest needs. */
export function segmentsOf({ tables, amendments }: Manifest): string[] {
  return [...tables.flatMap(({ segments }) => segments), ...amendments]
}

/** No segment is called so: a manifest passes for none, and none for another. */
function labelOf(name: string): string {
  return `manifest ${name}`
}
