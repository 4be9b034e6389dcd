// Backups as calls: one thing at a time, with progress, and a way to stop it.

import { isAbsolute } from 'node:path'
import type { Clock, Log, Random } from '../../engine/ports.ts'
import { readBackupNote, writeBackupNote } from '../../engine/storage/backup-note.ts'
import { type Answer, answer, refuse } from '../../shared/answer.ts'
import type { Handlers, ParsedInput } from '../../shared/api.ts'
import type { Backup } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'
import { placeRefusal } from '../place-refusal.ts'
import type { WrappedKey } from '../recovery-code.ts'
import { type BackupFolder, findBackups, makeBackupFolder } from './folder.ts'
import type { BackupKeys } from './keys.ts'
import { checkBackup, type FoundBackup, findBackup, restoreDatabase } from './read.ts'
import { writeBackup } from './write.ts'

export interface BackupsParts {
  clock: Clock
  random: Random
  log: Log
  /** The database key under the recovery code; undefined as long as no code was kept. */
  recovery(): WrappedKey | undefined
  changed(backup: Backup): void
  /** Asks the person for a folder; undefined: they chose none. Left out where there are no windows. */
  chooseFolder?: ChooseFolder | undefined
}

/** `to-export`: after the person has agreed that anybody will be able to read what is written. */
export type ChooseFolder = (purpose: 'to-write' | 'to-read' | 'to-export' | 'to-import') => Promise<string | undefined>

/** What backups need of an open profile. */
interface OpenProfile {
  sql: Sql
  keys: BackupKeys
}

export interface Backups {
  state(): Backup
  opened(profile: OpenProfile): void
  /** Stops what is going on and lets go of the keys. */
  closed(): Promise<void>
  handlers: Pick<Handlers, 'createBackup' | 'cancelBackup' | 'verifyBackup' | 'chooseBackup'>
  /** Makes the database of a backup in a file, if the code opens one there. The caller forgets the key. */
  restore(input: ParsedInput<'restoreBackup'>, file: string): Promise<Answer<FoundBackup>>
}

export function createBackups(parts: BackupsParts): Backups {
  const { clock, random, log, recovery, changed, chooseFolder } = parts
  let open: OpenProfile | undefined
  let work: Backup['work'] = null
  let working: Promise<unknown> = Promise.resolve()
  let cancelled = false
  /** Where a person at `welcome` said that their backup is. */
  let chosen: string | undefined
  /** Found damaged since the app was opened: written again the next time. */
  const distrusted = new Set<string>()

  function state(): Backup {
    const note = open && readBackupNote(open.sql)
    return { place: note?.place ?? null, lastAt: note?.at ?? null, work }
  }

  function show(next: Backup['work']): void {
    if (next?.kind === work?.kind && next?.percent === work?.percent) return
    work = next
    changed(state())
  }

  /** One at a time. What the disk says on the way is a refusal. */
  async function doing<T>(kind: NonNullable<Backup['work']>['kind'], deed: Deed<T>): Promise<Answer<T>> {
    if (work !== null) return refuse('already-so', 'one is being worked on')
    cancelled = false
    show({ kind, percent: 0 })
    const progress = (done: number, total: number): void =>
      show({ kind, percent: Math.min(100, Math.floor((100 * done) / Math.max(1, total))) })
    const done = deed(progress, () => cancelled).catch((error: unknown) => placeRefusal(error, log))
    working = done
    const outcome = await done
    show(null)
    return outcome
  }

  async function placeToWrite({ folder, elsewhere }: ParsedInput<'createBackup'>): Promise<Answer<string>> {
    const before = open && readBackupNote(open.sql)?.place
    if (chooseFolder === undefined) return givenPlace(folder ?? before)
    // A page gone bad does not say where to.
    if (folder !== undefined) return refuse('bad-input', 'the folder is chosen in a dialog')
    const place = before === undefined || elsewhere ? await chooseFolder('to-write') : before
    return place === undefined ? refuse('cancelled') : answer(place)
  }

  async function createBackup(input: ParsedInput<'createBackup'>) {
    const wrapped = recovery()
    if (open === undefined) return refuse('no-profile')
    if (wrapped === undefined) return refuse('recovery-code-first')
    const place = await placeToWrite(input)
    if (!place.ok) return place
    // The dialog may have stood open for long.
    const profile = open
    if (profile === undefined) return refuse('no-profile')
    return doing('writing', async (progress, isCancelled) => {
      const folder = await makeBackupFolder(place.value, profile.keys.id)
      const unlock = folder.lock()
      if (unlock === undefined) return refuse('place-refused', 'another backup is being written there')
      try {
        const { confirmed: _, ...sealedKey } = wrapped
        await folder.writeHead({ version: 1, recovery: sealedKey })
        const total = sizeOf(profile.sql)
        const written = await writeBackup({
          ...profile,
          folder,
          clock,
          random,
          distrusted,
          isCancelled,
          progress: (bytes) => progress(bytes, total),
        })
        if (written === undefined) return refuse('cancelled')
        distrusted.clear()
        writeBackupNote(profile.sql, { place: place.value, at: written.made })
        return answer(written)
      } finally {
        unlock()
      }
    })
  }

  async function verifyBackup({ folder: given }: ParsedInput<'verifyBackup'>) {
    if (open === undefined) return refuse('no-profile')
    const { sql, keys } = open
    if (chooseFolder !== undefined && given !== undefined)
      return refuse('bad-input', 'the folder is chosen in a dialog')
    const place = givenPlace(given ?? readBackupNote(sql)?.place)
    if (!place.ok) return given === undefined ? refuse('no-backup') : place
    return doing('checking', async (progress, isCancelled) => {
      const folder = await folderOf(place.value, keys)
      if (folder === undefined) return refuse('no-backup')
      const checked = await checkBackup(folder, keys, progress, isCancelled)
      if (!checked.ok) return checked
      const { made, segments, damaged } = checked.value
      for (const name of damaged) distrusted.add(name)
      return damaged.length === 0
        ? answer({ made, segments })
        : refuse('backup-damaged', `${damaged.length} of ${segments} segments`)
    })
  }

  return {
    state,
    opened: (profile) => {
      open = profile
    },
    closed: async () => {
      cancelled = true
      await working.catch(() => {})
      open?.keys.forget()
      open = undefined
    },
    handlers: {
      createBackup,
      cancelBackup: async () => {
        if (work === null) return refuse('already-so')
        cancelled = true
        await working
        return answer(null)
      },
      verifyBackup,
      chooseBackup: async () => {
        if (chooseFolder === undefined) return refuse('not-available-here')
        const place = await chooseFolder('to-read')
        if (place === undefined) return refuse('cancelled')
        const found = await findBackups(place).catch((error: unknown) => placeRefusal(error, log))
        if (!Array.isArray(found)) return found
        if (found.length === 0) return refuse('no-backup')
        chosen = place
        return answer({ place })
      },
    },
    restore: async ({ code, folder }, file) => {
      if (chooseFolder !== undefined && folder !== undefined)
        return refuse('bad-input', 'the folder is chosen in a dialog')
      const place = givenPlace(folder ?? chosen)
      if (!place.ok) return place
      return doing('restoring', async (progress, isCancelled) => {
        const found = await findBackup(place.value, code)
        if (!found.ok) return found
        const restored = await restoreDatabase({ found: found.value, file, clock, progress, isCancelled })
        found.value.keys.forget()
        if (restored.ok) return found
        found.value.databaseKey.forget()
        return restored
      })
    },
  }
}

type Deed<T> = (progress: (done: number, total: number) => void, isCancelled: () => boolean) => Promise<Answer<T>>

function givenPlace(place: string | undefined): Answer<string> {
  if (place === undefined) return refuse('bad-input', 'a folder is needed')
  return isAbsolute(place) ? answer(place) : refuse('bad-input', 'a folder is named from the root')
}

/** The backup of this profile in a folder, whatever else is there. */
async function folderOf(place: string, keys: BackupKeys): Promise<BackupFolder | undefined> {
  const found = await findBackups(place)
  return found.find(({ folder }) => folder.path.endsWith(`sotto-${keys.id}`))?.folder
}

/** In bytes, as the database says at once. Rows as text take about as much. */
function sizeOf(sql: Sql): number {
  const pages = sql.get<{ page_count: number }>('PRAGMA page_count')?.page_count ?? 0
  return pages * (sql.get<{ page_size: number }>('PRAGMA page_size')?.page_size ?? 0)
}
