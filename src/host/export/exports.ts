// Writes chats into a folder for people to read: as pages for a browser, or as JSON for programs. Nothing of it is sealed.

import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import type { Clock, Log } from '../../engine/ports.ts'
import { type Answer, answer, refuse } from '../../shared/answer.ts'
import type { CallOutput, Handlers, ParsedInput } from '../../shared/api.ts'
import type { MessageId } from '../../shared/ids.ts'
import type { Conversation, Message, Profile } from '../../shared/model.ts'
import type { ChooseFolder } from '../backup/backups.ts'
import { placeRefusal } from '../place-refusal.ts'
import { conversationPage, indexPage } from './html.ts'
import { conversationJson } from './json.ts'
import { fileNameOf, nameOf } from './names.ts'

export interface ExportParts {
  clock: Pick<Clock, 'now' | 'breathe'>
  log: Log
  chooseFolder?: ChooseFolder | undefined
}

/** One conversation, as whoever writes it wants it: in order, the oldest first. */
export interface Exported {
  profile: Profile
  conversation: Conversation
  at: number
  messages: AsyncIterable<Message[]>
}

/** What refuses once somebody has locked or closed the app. */
type Reading = Pick<Handlers, 'getSnapshot' | 'listMessages'>

const PAGE = 200

/** Into a new folder in the one that is chosen, which is there whole or not at all. */
export async function exportHistory(
  { clock, log, chooseFolder }: ExportParts,
  handlers: Reading,
  { format, conversation, folder }: ParsedInput<'exportHistory'>,
): Promise<Answer<CallOutput<'exportHistory'>>> {
  const snapshot = await handlers.getSnapshot({})
  if (!snapshot.ok) return snapshot
  const { profile, conversations } = snapshot.value
  if (profile === null) return refuse('no-profile')
  const wanted = conversations.filter(({ id }) => conversation === undefined || id === conversation)
  if (wanted.length === 0 && conversation !== undefined) return refuse('no-such-conversation')
  if (chooseFolder !== undefined && folder !== undefined) return refuse('bad-input', 'the folder is chosen in a dialog')
  const place = chooseFolder === undefined ? folder : await chooseFolder('to-export')
  if (place === undefined) return chooseFolder ? refuse('cancelled') : refuse('bad-input', 'a folder is needed')
  if (!isAbsolute(place)) return refuse('bad-input', 'a folder is named from the root')

  const at = clock.now()
  const wish = join(place, `Sotto export ${stamp(at)}`)
  const unfinished = `${wish}.${randomUUID().slice(0, 8)}.part`
  try {
    await mkdir(unfinished, { mode: 0o700 })
    const counted: { name: string; file: string; messages: number }[] = []
    for (const one of wanted) {
      const messages = countedPages(handlers, one, clock)
      const exported: Exported = { profile, conversation: one, at, messages: messages.pages }
      const file = fileNameOf(one, format)
      await writePieces(
        join(unfinished, file),
        format === 'html' ? conversationPage(exported) : conversationJson(exported),
      )
      counted.push({ name: nameOf(one), file, messages: messages.count() })
    }
    if (format === 'html') await writePieces(join(unfinished, 'index.html'), indexPage(profile, at, counted))
    const path = await renameBeside(unfinished, wish)
    const messages = counted.reduce((sum, one) => sum + one.messages, 0)
    return answer({ path, conversations: counted.length, messages })
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true }).catch(() => {})
    return error instanceof Interrupted ? error.refusal : placeRefusal(error, log)
  }
}

/** Somebody locked or closed the app while it was read. */
class Interrupted extends Error {
  readonly refusal: ReturnType<typeof refuse>
  constructor(refusal: ReturnType<typeof refuse>) {
    super(refusal.failure.code)
    this.name = 'Interrupted'
    this.refusal = refusal
  }
}

/** The pages come from the end: their beginnings are gathered first, so that no more than one is held at a time. */
function countedPages(handlers: Reading, { id }: Conversation, clock: Pick<Clock, 'breathe'>) {
  let count = 0
  const list = async (before: MessageId | undefined) => {
    const page = await handlers.listMessages({ conversation: id, limit: PAGE, ...(before && { before }) })
    if (!page.ok) throw new Interrupted(page)
    return page.value
  }
  async function* pages(): AsyncGenerator<Message[]> {
    const ends: (MessageId | undefined)[] = []
    let before: MessageId | undefined
    for (;;) {
      ends.push(before)
      const page = await list(before)
      before = page.messages[0]?.id
      await clock.breathe()
      if (!page.hasEarlier || before === undefined) break
    }
    for (const end of ends.reverse()) {
      const { messages } = await list(end)
      count += messages.length
      yield messages
      await clock.breathe()
    }
  }
  return { pages: pages(), count: () => count }
}

async function writePieces(file: string, pieces: AsyncIterable<string> | Iterable<string>): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    for await (const piece of pieces) await handle.write(piece)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** What Node says of a name that another folder has: POSIX may say either of the first, Windows the third. */
const TAKEN = ['ENOTEMPTY', 'EEXIST', 'EPERM']
/** More exports than that do not end in one second. */
const MOST_NAMES = 20

/** As it is wished to be called, or with a number behind it: another export may have ended in the same second. */
async function renameBeside(unfinished: string, wish: string): Promise<string> {
  for (let number = 1; ; number++) {
    const path = number === 1 ? wish : `${wish} (${number})`
    try {
      await rename(unfinished, path)
      return path
    } catch (error) {
      const isTaken = error instanceof Error && 'code' in error && TAKEN.includes(String(error.code))
      if (!isTaken || number === MOST_NAMES) throw error
    }
  }
}

/** 2026-11-20 14.32.05, in the time of this computer: colons are nothing for file names. */
function stamp(at: number): string {
  const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 19).replace('T', ' ').replaceAll(':', '.')
}
