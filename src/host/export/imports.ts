// Takes exported chats in again: everything is checked before anything is stored, then chat by chat.

import { readdir } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import type { Messenger } from '../../engine/messenger.ts'
import { type Answer, answer, refuse } from '../../shared/answer.ts'
import type { CallOutput, Handlers, ParsedInput } from '../../shared/api.ts'
import { SqlFailure } from '../../shared/sql.ts'
import { placeRefusal } from '../place-refusal.ts'
import { refusalOf } from '../refusals.ts'
import type { ExportParts } from './exports.ts'
import { NotAnExport, readConversationJson } from './read-json.ts'

/** As an export names its chats; whatever else lies there is passed over. */
const CHAT = /^[a-z0-9-]{1,64}\.json$/
const MAX_CHATS = 10_000

/** Of the messenger, as long as it is open. */
export type Importing = Pick<Messenger, 'importChat'> & { handlers: Pick<Handlers, 'getSnapshot'> }

/** A chat is there whole or not at all; what a cut left out comes when it is asked for again. */
export async function importHistory(
  { clock, log, chooseFolder }: ExportParts,
  messenger: Importing,
  { folder }: ParsedInput<'importHistory'>,
): Promise<Answer<CallOutput<'importHistory'>>> {
  const snapshot = await messenger.handlers.getSnapshot({})
  if (!snapshot.ok) return snapshot
  const own = snapshot.value.profile?.account
  if (own === undefined) return refuse('no-profile')
  if (chooseFolder !== undefined && folder !== undefined) return refuse('bad-input', 'the folder is chosen in a dialog')
  const place = chooseFolder === undefined ? folder : await chooseFolder('to-import')
  if (place === undefined) return chooseFolder ? refuse('cancelled') : refuse('bad-input', 'a folder is needed')
  if (!isAbsolute(place)) return refuse('bad-input', 'a folder is named from the root')
  try {
    const files = (await readdir(place)).filter((name) => CHAT.test(name)).sort()
    if (files.length === 0) return refuse('not-an-export', 'no chats as JSON')
    if (files.length > MAX_CHATS) return refuse('not-an-export', 'too many chats')
    // Read twice, so that no more than one is held at a time.
    for (const file of files) {
      await readConversationJson(join(place, file), own)
      await clock.breathe()
    }
    const counted = { added: 0, known: 0, skipped: 0 }
    for (const file of files) {
      const chat = await readConversationJson(join(place, file), own)
      if (chat === undefined) {
        counted.skipped += 1
        continue
      }
      const taken = await messenger.importChat(chat)
      if (!taken.ok) return taken
      counted.added += taken.value.added
      counted.known += taken.value.known
      await clock.breathe()
    }
    return answer(counted)
  } catch (error) {
    if (error instanceof NotAnExport) return refuse(error.code, error.message)
    return error instanceof SqlFailure ? refusalOf(error, log) : placeRefusal(error, log)
  }
}
