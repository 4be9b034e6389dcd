// What a group is called, says of itself and looks like: sealed whole by whoever changes it, opened and kept by all [P130][P145].

import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { Algorithm, GroupDetailsSchema } from '../../protocol/generated/group_pb.ts'
import type { Change, Sealed } from '../../protocol/groups/change.ts'
import type { GroupState } from '../../protocol/groups/state.ts'
import type { GroupId } from '../../shared/ids.ts'
import { MAX_GROUP_AVATAR_BYTES } from '../../shared/limits.ts'
import { GroupDescription, GroupTitle } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'
import { checkAvatar } from '../people/avatars.ts'
import type { Log, Random } from '../ports.ts'
import { sealForMembers } from '../signal/details.ts'
import type { AvatarPicture } from '../storage/avatars.ts'
import { findDetailsKey } from '../storage/group-sessions.ts'
import { findGroup, setGroupDetails, setGroupPicture, skipGroupDetails } from '../storage/groups.ts'
import { openSealed } from './open-sealed.ts'

export interface Details {
  title: string
  description: string
  picture: Uint8Array | undefined
}

/** Which one of them changed; null: none, several, or it cannot be told. */
export type DetailsPart = 'title' | 'description' | 'picture' | 'picture-removed' | null

/** What was read: `picture` is undefined where it is none to show. */
interface ReadDetails {
  title: string
  description: string
  picture: AvatarPicture | 'none' | undefined
}

export function sealDetails(random: Random, key: Uint8Array, group: GroupId, details: Details): Sealed {
  const { picture = new Uint8Array(), ...words } = details
  const bytes = toBinary(GroupDetailsSchema, create(GroupDetailsSchema, { ...words, picture }))
  return sealForMembers(random, key, group, 'details', bytes)
}

/** [P145] Undefined: larger than may be, or no picture at all. */
export function checkGroupPicture(bytes: Uint8Array): AvatarPicture | undefined {
  return checkAvatar(bytes, MAX_GROUP_AVATAR_BYTES)
}

/**
 * In a transaction: the details as they stand in the log, once for each entry, as soon as their key is here. What cannot be
 * read is left out with a note, and what was there stays [D3]. Returns what changed by it; undefined: nothing was learned.
 */
export function learnDetails({ sql, log }: { sql: Sql; log: Log }, state: GroupState): DetailsPart | undefined {
  const { group, details } = state
  const row = findGroup(sql, group)
  if (row === undefined || details === undefined) return undefined
  const { sealed, place } = details
  // Who looks with a state that was overtaken meanwhile does not bring back what stood before.
  if (row.details_index >= place.index) return undefined
  const isKnownAlgorithm = sealed.algorithm === Algorithm.AES_256_GCM_SIV
  if (isKnownAlgorithm && findDetailsKey(sql, group, sealed.session) === undefined) return undefined
  const read = readDetails(openSealed(sql, group, 'details', sealed))
  if (read === undefined) {
    log.warn('groups.details-skipped', { why: isKnownAlgorithm ? 'malformed' : 'unknown-algorithm' })
    skipGroupDetails(sql, group, place.index)
    return undefined
  }
  const { title, description, picture } = read
  setGroupDetails(sql, group, { title, description, index: place.index })
  if (picture === undefined) log.warn('groups.details-skipped', { why: 'unfit-picture' })
  else setGroupPicture(sql, group, picture === 'none' ? undefined : picture)
  return partChanged({ title: row.title, description: row.description, hash: row.avatar ?? 'none' }, seen(read))
}

/** Whether the log says just this now. What cannot be read may be anything. */
export function areDetailsSo(sql: Sql, { group, details }: GroupState, asked: Details): boolean {
  const now = readDetails(openSealed(sql, group, 'details', details?.sealed))
  if (now === undefined) return false
  const { title, description, hash } = seen(now)
  const picture = asked.picture === undefined ? 'none' : checkGroupPicture(asked.picture)?.hash
  return title === asked.title && description === asked.description && hash !== undefined && hash === picture
}

/** Which part an entry changed, if what was there before and what it brings can both be read. */
export function partOf(sql: Sql, group: GroupId, before: Sealed | undefined, change: Change): DetailsPart {
  if (change.kind !== 'set-details') return null
  const [old, now] = [before, change.details].map((sealed) => readDetails(openSealed(sql, group, 'details', sealed)))
  return old && now ? partChanged(seen(old), seen(now)) : null
}

function readDetails(bytes: Uint8Array | undefined): ReadDetails | undefined {
  if (bytes === undefined) return undefined
  try {
    const { title, description, picture } = fromBinary(GroupDetailsSchema, bytes)
    const [shown, about] = [GroupTitle.safeParse(title), GroupDescription.safeParse(description)]
    if (!shown.success) return undefined
    return {
      title: shown.data,
      description: about.data ?? '',
      picture: picture.length === 0 ? 'none' : checkGroupPicture(picture),
    }
  } catch {
    // Sealed by a member, and no details.
    return undefined
  }
}

interface Seen {
  title: string
  description: string
  /** Undefined: unfit, so that what was there is still seen. */
  hash: string | undefined
}

function seen({ title, description, picture }: ReadDetails): Seen {
  return { title, description, hash: typeof picture === 'object' ? picture.hash : picture }
}

function partChanged(before: Seen, after: Seen): DetailsPart {
  const parts: DetailsPart[] = []
  if (before.title !== after.title) parts.push('title')
  if (before.description !== after.description) parts.push('description')
  if (after.hash !== undefined && before.hash !== after.hash)
    parts.push(after.hash === 'none' ? 'picture-removed' : 'picture')
  return parts.length === 1 ? (parts[0] ?? null) : null
}
