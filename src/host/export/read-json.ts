// An exported chat, read as what a stranger wrote: line by line, within limits, and refused as a whole if a line is not right.

import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { z } from 'zod'
import type { ImportedChat, ImportedMessage } from '../../engine/history/import.ts'
import { AccountId, ConversationId, GroupId, Instant, personConversation, Username } from '../../shared/ids.ts'
import { MAX_TEXT_BYTES } from '../../shared/limits.ts'
import { Message, MessageText } from '../../shared/model.ts'
import { EXPORT_VERSION } from './json.ts'

/** Of a file, and of a line in it, in bytes. A text of the longest kind, all of it escaped, fits a line. */
const MAX_FILE = 256 * 1024 * 1024
const MAX_LINE = 64 * 1024

/** Not what this app exports. Where, in words that tell nothing of what stands there. */
export class NotAnExport extends Error {
  readonly code: 'not-an-export' | 'update-needed'
  constructor(why: string, code: 'not-an-export' | 'update-needed' = 'not-an-export') {
    super(why)
    this.name = 'NotAnExport'
    this.code = code
  }
}

const Who = z.strictObject({ account: AccountId, username: Username, name: z.string() })
const common = { id: ConversationId }
const Head = z.strictObject({
  sotto: z.literal('export'),
  version: z.literal(EXPORT_VERSION),
  exportedAt: Instant,
  profile: Who,
  conversation: z.discriminatedUnion('kind', [
    z.strictObject({ ...common, kind: z.enum(['person', 'notes']), person: Who, group: z.null() }),
    z.strictObject({
      ...common,
      kind: z.literal('group'),
      person: z.null(),
      group: z.strictObject({ id: GroupId, title: z.string() }),
    }),
  ]),
  messages: z.tuple([]),
})

/** Exports of before there was an import do not say that nothing in them is imported. */
const Line = z.strictObject({ ...Message.shape, imported: z.boolean().default(false) })
const Text = MessageText.refine((text) => Buffer.byteLength(text) <= MAX_TEXT_BYTES)

/** Undefined: a chat that is not imported. All of the file is checked either way. @param own who imports it */
export async function readConversationJson(file: string, own: AccountId): Promise<ImportedChat | undefined> {
  // A link, or something that is no file, leads elsewhere.
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const { size } = await checkedStat(handle)
    const lines = linesOf(handle, size)
    const first = await lines.next()
    const { profile, conversation } = parseHead(first.done === true ? '' : first.value)
    const messages: ImportedMessage[] = []
    let number = 1
    let state: 'empty' | 'expects-more' | 'last' | 'closed' = 'empty'
    for await (const line of lines) {
      number += 1
      if (line === ']}' && (state === 'last' || state === 'empty')) state = 'closed'
      else if (state === 'closed' || state === 'last') throw new NotAnExport(`line ${number}`)
      else {
        const goesOn = line.endsWith(',')
        messages.push(...parseLine(goesOn ? line.slice(0, -1) : line, number, conversation.id, profile.account))
        state = goesOn ? 'expects-more' : 'last'
      }
    }
    if (state !== 'closed') throw new NotAnExport('it is cut off')
    if (conversation.kind === 'group') return undefined
    const { kind, person } = conversation
    if (conversation.id !== personConversation(person.account)) throw new NotAnExport('the conversation is not theirs')
    if ((kind === 'notes') !== (person.account === profile.account)) throw new NotAnExport('the notes are not theirs')
    if (kind === 'notes') return { person: null, messages }
    return person.account === own ? undefined : { person, messages }
  } finally {
    await handle.close()
  }
}

async function checkedStat(handle: FileHandle) {
  const found = await handle.stat()
  if (!found.isFile()) throw new NotAnExport('no file')
  if (found.size > MAX_FILE) throw new NotAnExport('too large')
  return found
}

function parseHead(line: string): z.infer<typeof Head> {
  const head = json(`${line}]}`, 1)
  const version = z.object({ sotto: z.literal('export'), version: z.int().min(EXPORT_VERSION + 1) })
  if (version.safeParse(head).success) throw new NotAnExport('a later version wrote it', 'update-needed')
  const parsed = Head.safeParse(head)
  if (!parsed.success) throw new NotAnExport('line 1')
  return parsed.data
}

/** Nothing for what only the device that wrote it could know: gaps, placeholders, notices. */
function parseLine(line: string, number: number, conversation: ConversationId, exporter: AccountId): ImportedMessage[] {
  const parsed = Line.safeParse(json(line, number))
  if (!parsed.success || parsed.data.conversation !== conversation) throw new NotAnExport(`line ${number}`)
  const { id, author, own, sentAt, editedAt, content } = parsed.data
  if (own !== (author === exporter)) throw new NotAnExport(`line ${number}`)
  if (content.kind === 'deleted') return [{ id, own, sentAt, text: null, editedAt: null }]
  if (content.kind !== 'text') return []
  const text = Text.safeParse(content.text)
  if (!text.success) throw new NotAnExport(`line ${number}`)
  return [{ id, own, sentAt, text: text.data, editedAt }]
}

function json(text: string, line: number): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new NotAnExport(`line ${line}`)
  }
}

/** No more than the file had when it was opened, and no line longer than lines are. */
async function* linesOf(handle: FileHandle, size: number): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const buffer = Buffer.alloc(MAX_LINE)
  let rest = Buffer.alloc(0)
  let at = 0
  while (at < size) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, size - at), at)
    if (bytesRead === 0) break
    at += bytesRead
    rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield decoded(decoder, rest.subarray(0, end))
      rest = rest.subarray(end + 1)
    }
    if (rest.length > MAX_LINE) throw new NotAnExport('a line is too long')
  }
  if (rest.length > 0) throw new NotAnExport('it is cut off')
}

function decoded(decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array): string {
  if (bytes.length > MAX_LINE) throw new NotAnExport('a line is too long')
  try {
    return decoder.decode(bytes)
  } catch {
    throw new NotAnExport('it is no text')
  }
}
