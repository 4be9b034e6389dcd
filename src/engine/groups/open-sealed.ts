// What is sealed for members, opened with a key that was told or made here [P130].

import { create } from '@bufbuild/protobuf'
import { type Algorithm, EncryptedDataSchema } from '../../protocol/generated/group_pb.ts'
import type { Sealed } from '../../protocol/groups/change.ts'
import type { GroupId } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import { openForMembers, type Sealable } from '../signal/details.ts'
import { findDetailsKey } from '../storage/group-sessions.ts'

/** Undefined: its key is not known, or it is nothing this version can read [D3]. */
export function openSealed(sql: Sql, group: GroupId, what: Sealable, sealed: Sealed | undefined) {
  if (sealed === undefined) return undefined
  const key = findDetailsKey(sql, group, sealed.session)
  if (key === undefined) return undefined
  const data = create(EncryptedDataSchema, { ...sealed, algorithm: sealed.algorithm as Algorithm })
  return openForMembers(data, key, group, what)
}
