// What members call themselves, sealed for members; and the keys that this and a group's details are sealed under.

import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  type Algorithm,
  EncryptedDataSchema,
  JoinNoteSchema,
  MemberProfileSchema,
} from '../../protocol/generated/group_pb.ts'
import type { Sealed } from '../../protocol/groups/change.ts'
import { type GroupState, newestEpoch, type SealedAt } from '../../protocol/groups/state.ts'
import { type AccountId, type GroupId, groupConversation, type Instant, Username } from '../../shared/ids.ts'
import { MAX_JOIN_NOTE_LENGTH } from '../../shared/limits.ts'
import { DisplayName } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'
import { strangersName } from '../messages/strangers-name.ts'
import type { Own } from '../own.ts'
import type { Random } from '../ports.ts'
import { DETAILS_KEY_BYTES, detailsKeyId, joinNoteKey, openForMembers, sealForMembers } from '../signal/details.ts'
import { addDetailsKey, detailsKeyOfEpoch, detailsKeysOf, findDetailsKey } from '../storage/group-sessions.ts'
import { findName, rememberPerson, takeNameFromGroup } from '../storage/people.ts'
import type { Touched } from '../touched.ts'
import { openSealed } from './open-sealed.ts'

/** One that was made since the newest epoch began: who left before cannot read what is sealed under it. */
export function keyForSealing(
  { sql, random }: { sql: Sql; random: Random },
  group: GroupId,
  epoch: number,
  now: Instant,
): { key: Uint8Array; isNew: boolean } {
  const known = detailsKeyOfEpoch(sql, group, epoch)
  if (known !== undefined) return { key: known, isNew: false }
  const key = random.bytes(DETAILS_KEY_BYTES)
  sql.transaction(() => addDetailsKey(sql, group, detailsKeyId(key), key, now, epoch))
  return { key, isNew: true }
}

/** By somebody who makes no keys for the group, because they are no member yet. */
export function anyKnownKey(sql: Sql, group: GroupId): Uint8Array | undefined {
  return detailsKeysOf(sql, group).at(-1)
}

export function sealProfile(
  random: Random,
  key: Uint8Array,
  group: GroupId,
  profile: Pick<Own, 'username' | 'name'>,
): Sealed {
  const { username, name } = profile
  const bytes = toBinary(MemberProfileSchema, create(MemberProfileSchema, { username, name }))
  return sealForMembers(random, key, group, 'profile', bytes)
}

/** In a transaction: the names as they stand in the log, as far as their keys are there. */
export function learnNames(sql: Sql, touched: Touched, state: GroupState): void {
  const { group } = state
  const conversation = groupConversation(group)
  for (const [account, member] of state.members) learnName(account, profileOf(member))
  for (const [account, invited] of state.invited) learnName(account, profileOf(invited))
  for (const account of state.requests.keys()) learnName(account, noteOf(sql, state, account)?.profile)
  for (const account of state.bans.keys()) rememberPerson(sql, account, strangersName(account))
  touched.conversation(conversation)

  function learnName(account: AccountId, profile: JoinNote['profile']): void {
    rememberPerson(sql, account, strangersName(account))
    if (profile === undefined || !takeNameFromGroup(sql, account, profile.name)) return
    touched.renamed(account)
  }

  function profileOf({ profile }: { profile: SealedAt | undefined }) {
    return readProfile(openSealed(sql, group, 'profile', profile?.sealed))
  }
}

export function readProfile(bytes: Uint8Array | undefined): { username: Username; name: string } | undefined {
  if (bytes === undefined) return undefined
  try {
    const { username, name } = fromBinary(MemberProfileSchema, bytes)
    return parseProfile(username, name)
  } catch {
    return undefined
  }
}

export function nameOf(sql: Sql, account: AccountId): string {
  return findName(sql, account) ?? strangersName(account)
}

/** The ids of the keys under which stands in the log what stands there now; each as often as it is used. */
export function sealedUnder({ details, link, members, invited }: GroupState): Uint8Array[] {
  const profiles = [...members.values(), ...invited.values()].map(({ profile }) => profile?.sealed)
  return [details?.sealed, link?.secret, ...profiles].flatMap((sealed) => (sealed ? [sealed.session] : []))
}

/** The keys that open what stands in the log now. */
export function keysInUse(sql: Sql, state: GroupState): Uint8Array[] {
  const keys = new Map<string, Uint8Array>()
  for (const id of sealedUnder(state)) {
    const key = findDetailsKey(sql, state.group, id)
    if (key !== undefined) keys.set(id.join(), key)
  }
  const made = detailsKeyOfEpoch(sql, state.group, newestEpoch(state).number)
  if (made !== undefined) keys.set(detailsKeyId(made).join(), made)
  return [...keys.values()]
}

/** What somebody who asks to join says of themselves, for who knows the link. Undefined: nothing that can be read. */
export interface JoinNote {
  profile: { username: Username; name: string } | undefined
  note: string
}

export function noteOf(sql: Sql, state: GroupState, account: AccountId): JoinNote | undefined {
  const sealed = state.requests.get(account)?.note
  const secret = openSealed(sql, state.group, 'link', state.link?.secret)
  if (sealed === undefined || secret === undefined) return undefined
  const data = create(EncryptedDataSchema, { ...sealed, algorithm: sealed.algorithm as Algorithm })
  const bytes = openForMembers(data, joinNoteKey(secret), state.group, 'join-note')
  if (bytes === undefined) return undefined
  try {
    const { username, name, note } = fromBinary(JoinNoteSchema, bytes)
    return { profile: parseProfile(username, name), note: [...note].slice(0, MAX_JOIN_NOTE_LENGTH).join('') }
  } catch {
    return undefined
  }
}

function parseProfile(username: string, name: string): JoinNote['profile'] {
  const [as, shown] = [Username.safeParse(username), DisplayName.safeParse(name)]
  return as.success && shown.success ? { username: as.data, name: shown.data } : undefined
}
