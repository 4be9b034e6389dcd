// Details keys that others give: kept where they are of use, and a few besides [P130].

import type { GroupState } from '../../protocol/groups/state.ts'
import type { GroupId } from '../../shared/ids.ts'
import { DETAILS_KEY_BYTES, detailsKeyId } from '../signal/details.ts'
import { addDetailsKey, detailsKeyIdsOf, findDetailsKey } from '../storage/group-sessions.ts'
import { sealedUnder } from './names.ts'
import type { GroupNeeds } from './needs.ts'

/** [F36] Of keys that nothing in the log is sealed under, any more or yet: what is missed of them is asked for. */
const MOST_SPARE_KEYS = 100

/**
 * In a transaction. Its id, if it is there now.
 * @param isSolicited this device has asked for it.
 */
export function rememberDetailsKey(
  { sql, clock, log }: GroupNeeds,
  group: GroupId,
  state: GroupState | undefined,
  key: Uint8Array,
  isSolicited: (id: Uint8Array) => boolean,
): Uint8Array[] {
  if (key.length !== DETAILS_KEY_BYTES) return []
  const id = detailsKeyId(key)
  if (findDetailsKey(sql, group, id) !== undefined) return [id]
  const inUse = new Set(state && sealedUnder(state).map((known) => known.join()))
  if (!inUse.has(id.join()) && !isSolicited(id)) {
    const spare = detailsKeyIdsOf(sql, group).filter((known) => !inUse.has(known.join()))
    if (spare.length >= MOST_SPARE_KEYS) {
      log.warn('groups.key-refused', { why: 'too-many' })
      return []
    }
  }
  addDetailsKey(sql, group, id, key, clock.now())
  return [id]
}
