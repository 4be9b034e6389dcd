// Pictures of people on their way: one's own to the relay, those of others from it, when there is a connection [P179].

import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { type BlobPointer, BlobPointerSchema } from '../../protocol/generated/content_pb.ts'
import { type Answer, answer } from '../../shared/answer.ts'
import type { CallOutput, ParsedInput } from '../../shared/api.ts'
import { toBase64 } from '../../shared/base64.ts'
import { type AccountId, personConversation } from '../../shared/ids.ts'
import { MAX_AVATAR_BYTES, MAX_AVATAR_SIDE } from '../../shared/limits.ts'
import { readPicture } from '../../shared/picture.ts'
import { bytesIn } from '../attachments/bytes.ts'
import { createCancellation } from '../attachments/cancellation.ts'
import { downloadBytes } from '../attachments/download.ts'
import { type TransferParts, uploadBlob } from '../attachments/upload.ts'
import type { Live } from '../live.ts'
import type { Own } from '../own.ts'
import type { Queue } from '../queue.ts'
import {
  type AvatarPicture,
  type AvatarRow,
  keepAvatar,
  noteOwnAvatarPut,
  readAvatar,
  wantedAvatars,
} from '../storage/avatars.ts'
import { Touched } from '../touched.ts'

/** A relay keeps a blob for 30 days: before that one's own is put there again, for those who have yet to meet us. */
const PUT_AGAIN = 20 * 86_400_000

/** Undefined: larger than may be, with words beside the pixels, or no picture at all. */
export function checkAvatar(bytes: Uint8Array, most: number = MAX_AVATAR_BYTES): AvatarPicture | undefined {
  if (bytes.length > most) return undefined
  const picture = readPicture(bytes)
  if (picture === undefined || !picture.plain) return undefined
  if (picture.width > MAX_AVATAR_SIDE || picture.height > MAX_AVATAR_SIDE) return undefined
  return { hash: bytesToHex(sha256(bytes)), mediaType: picture.mediaType, bytes }
}

export async function getAvatar(
  live: Live,
  { account }: ParsedInput<'getAvatar'>,
): Promise<Answer<CallOutput<'getAvatar'>>> {
  const row = readAvatar(live.ports.sql, account)
  if (row === undefined || row.hash === null || row.bytes === null || row.media_type === null) return answer(null)
  return answer({ id: row.hash, mediaType: row.media_type, picture: toBase64(row.bytes) })
}

export interface AvatarsNeeds extends TransferParts {
  own: Own
  tell(touched: Touched): void
  work: Queue
  /** One's own is at the relay: friends hear of it, as we are from now on. In a transaction. */
  announce(own: Own): void
  /** After it. */
  announced(): void
}

export interface Avatars {
  /** There may be something to carry. */
  kick(): void
  /** Settles when nothing is under way. */
  idle(): Promise<void>
  stop(): void
}

export function createAvatars(needs: AvatarsNeeds): Avatars {
  const { ports, own, connection } = needs
  const { sql, clock, log } = ports
  const { cancellation, cancel } = createCancellation()
  let running: Promise<void> | undefined
  let again = false

  function kick(): void {
    again = true
    if (cancellation.aborted) return
    running ??= drive().finally(() => {
      running = undefined
    })
  }

  async function drive(): Promise<void> {
    try {
      while (again && !cancellation.aborted && isConnected()) {
        again = false
        await putOwn()
        for (const { account, pointer } of wantedAvatars(sql, own.account)) {
          if (!cancellation.aborted && isConnected()) await fetch(account, pointer)
        }
      }
    } catch (error) {
      log.error('avatars.step', { error: error instanceof Error ? error.name : 'unknown' })
    }
  }

  function isConnected(): boolean {
    const { state } = connection.state()
    return state === 'online' || state === 'catching-up'
  }

  async function putOwn(): Promise<void> {
    const row = readAvatar(sql, own.account)
    if (row?.bytes == null || row.hash === null || row.media_type === null || !isDue(row)) return
    const put = await uploadBlob(needs, bytesIn(row.bytes), row.media_type, { cancellation })
    if (!put.ok) return log.warn('avatars.not-put', { code: put.failure.code })
    const pointer = toBinary(BlobPointerSchema, create(BlobPointerSchema, put.value))
    const { hash, matches } = row
    // Who has it already has no use for another place.
    const isNews = matches === 0
    const isStill = await needs.work.run(async () => {
      const now: Own = { ...own, avatar: pointer, detailsVersion: own.detailsVersion + (isNews ? 1 : 0) }
      const noted = sql.transaction(() => {
        if (!noteOwnAvatarPut(sql, own.account, hash, { pointer, now: clock.now() })) return false
        if (isNews) needs.announce(now)
        return true
      })
      if (noted) Object.assign(own, now)
      return noted
    })
    if (!isStill) again = true
    else if (isNews) needs.announced()
  }

  function isDue({ matches, put_at }: AvatarRow): boolean {
    return matches === 0 || put_at === null || clock.now() - put_at > PUT_AGAIN
  }

  /** Once for each connection: what did not come now may later. */
  async function fetch(account: AccountId, pointer: Uint8Array): Promise<void> {
    const parsed = readPointer(pointer)
    const got = parsed && (await downloadBytes(needs, parsed, MAX_AVATAR_BYTES, { cancellation }))
    if (got?.ok === false) return log.info('avatars.not-fetched', { code: got.failure.code })
    const picture = got && checkAvatar(got.value)
    if (picture === undefined) return log.warn('avatars.unfit')
    if (!sql.transaction(() => keepAvatar(sql, account, pointer, picture))) return
    const touched = new Touched()
    touched.conversation(personConversation(account))
    needs.tell(touched)
  }

  return {
    kick,
    idle: async () => running,
    stop: cancel,
  }
}

function readPointer(bytes: Uint8Array): BlobPointer | undefined {
  try {
    return fromBinary(BlobPointerSchema, bytes)
  } catch {
    return undefined
  }
}
