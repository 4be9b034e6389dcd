// What a group is called, says of itself and looks like: changed by who may, for all of its members [G12][P145].

import { mayDo } from '../../../protocol/groups/permissions.ts'
import { newestEpoch } from '../../../protocol/groups/state.ts'
import { type Answer, answer, refuse } from '../../../shared/answer.ts'
import type { CallOutput, ParsedInput } from '../../../shared/api.ts'
import { fromBase64, toBase64 } from '../../../shared/base64.ts'
import type { Live } from '../../live.ts'
import { detailsKeyId } from '../../signal/details.ts'
import { findGroup, readGroupPicture } from '../../storage/groups.ts'
import { areDetailsSo, checkGroupPicture, sealDetails } from '../details.ts'
import { keyForSealing } from '../names.ts'
import { openSealed } from '../open-sealed.ts'
import { oweToMembers } from '../own-session.ts'
import { changeGroup, findInGroup } from './in-group.ts'

/** [P145] Undefined: none is given. */
export function readGivenPicture(picture: string | undefined): Answer<Uint8Array | undefined> {
  if (picture === undefined) return answer(undefined)
  const bytes = fromBase64(picture)
  return bytes && checkGroupPicture(bytes) ? answer(bytes) : refuse('not-a-picture')
}

export async function updateGroupDetails(live: Live, input: ParsedInput<'updateGroupDetails'>): Promise<Answer<null>> {
  const { sql, clock, random } = live.ports
  const found = findInGroup(live, input.conversation)
  if (!found.ok) return found
  const { group } = found.value
  const parts = [input.title, input.description, input.picture]
  if (parts.every((part) => part === undefined)) return refuse('already-so')
  // What is not given stays as it is: it has to be known.
  const sealed = found.value.state.details?.sealed
  if (parts.includes(undefined) && sealed !== undefined && openSealed(sql, group, 'details', sealed) === undefined)
    return refuse('not-permitted', 'what the group says of itself has not come to this device yet')
  const given = readGivenPicture(input.picture ?? undefined)
  if (!given.ok) return given
  let owed: Uint8Array | undefined
  // Of two who change different parts at once, the one who comes second keeps what the first has changed.
  const changed = await changeGroup(live, input, (state) => {
    const before = findGroup(sql, group)
    const wanted = {
      title: input.title ?? before?.title ?? '',
      description: input.description ?? before?.description ?? '',
      picture: input.picture === undefined ? readGroupPicture(sql, group)?.bytes : given.value,
    }
    // Who may not change them is told that.
    const mayChange = mayDo(state, live.own.account, 'details', clock.now())
    if (mayChange && areDetailsSo(sql, state, wanted)) return undefined
    const { key } = keyForSealing(live.ports, group, newestEpoch(state).number, clock.now())
    owed = detailsKeyId(key)
    return { kind: 'set-details', details: sealDetails(random, key, group, wanted) }
  })
  const state = live.groups.states.get(group)
  const key = owed
  if (changed.ok && state !== undefined && key !== undefined) {
    sql.transaction(() => oweToMembers(live.groupNeeds, state, key))
    live.groups.owing()
  }
  return changed
}

export async function getGroupAvatar(
  live: Live,
  input: ParsedInput<'getGroupAvatar'>,
): Promise<Answer<CallOutput<'getGroupAvatar'>>> {
  const found = findInGroup(live, input.conversation)
  if (!found.ok) return found
  const picture = readGroupPicture(live.ports.sql, found.value.group)
  if (picture === undefined) return answer(null)
  return answer({ id: picture.hash, mediaType: picture.mediaType, picture: toBase64(picture.bytes) })
}
