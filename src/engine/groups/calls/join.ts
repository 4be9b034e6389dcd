// Joining by a link: a request with a note, approved or rejected by who may [G2].

import { create, toBinary } from '@bufbuild/protobuf'
import { bytesToHex } from '@noble/hashes/utils.js'
import { JoinNoteSchema } from '../../../protocol/generated/group_pb.ts'
import { newestEpoch } from '../../../protocol/groups/state.ts'
import { type Answer, answer, refuse } from '../../../shared/answer.ts'
import type { CallOutput, ParsedInput } from '../../../shared/api.ts'
import { type GroupId, groupConversation, groupOf } from '../../../shared/ids.ts'
import type { GroupConversation } from '../../../shared/model.ts'
import { beginConversation } from '../../devices/of-conversations.ts'
import type { Live } from '../../live.ts'
import { detailsKeyId, joinNoteKey, sealForMembers } from '../../signal/details.ts'
import { findConversation, setConversationState } from '../../storage/conversations.ts'
import { addGroup, findGroup, removeGroup, setLinkSecret } from '../../storage/groups.ts'
import { Touched } from '../../touched.ts'
import { LINK_SECRET_BYTES, linkHash, readGroupLink as parseLink, writeGroupLink } from '../links.ts'
import { keyForSealing, noteOf, sealProfile } from '../names.ts'
import { openSealed } from '../open-sealed.ts'
import { oweToMembers } from '../own-session.ts'
import { standingIn } from '../states.ts'
import { showOf } from './create.ts'
import { changeGroup, findInGroup } from './in-group.ts'

export async function setGroupLink(live: Live, input: ParsedInput<'setGroupLink'>): Promise<Answer<null>> {
  const { random } = live.ports
  if (!input.on) return changeGroup(live, input, () => ({ kind: 'set-link', link: undefined }))
  const secret = random.bytes(LINK_SECRET_BYTES)
  let keyId: Uint8Array | undefined
  const changed = await changeGroup(live, input, (state) => {
    const { key } = keyForSealing(live.ports, state.group, newestEpoch(state).number, live.ports.clock.now())
    keyId = detailsKeyId(key)
    const sealed = sealForMembers(random, key, state.group, 'link', secret)
    return { kind: 'set-link', link: { secretHash: linkHash(secret), secret: sealed, expiresAt: undefined } }
  })
  const group = groupOf(input.conversation)
  const state = group && live.groups.states.get(group)
  const owed = keyId
  if (changed.ok && state !== undefined && owed !== undefined) {
    live.ports.sql.transaction(() => oweToMembers(live.groupNeeds, state, owed))
    live.groups.owing()
  }
  return changed
}

export async function getGroupLink(
  live: Live,
  input: ParsedInput<'getGroupLink'>,
): Promise<Answer<CallOutput<'getGroupLink'>>> {
  const found = findInGroup(live, input.conversation)
  if (!found.ok) return found
  const { group, state } = found.value
  const secret = openSealed(live.ports.sql, group, 'link', state.link?.secret)
  const relay = live.connection.welcome()?.relay
  if (secret === undefined) return refuse('no-such-group', 'it has no link, or its key has not come yet')
  if (relay === undefined) return refuse('not-connected')
  return answer({ link: writeGroupLink({ relay: bytesToHex(relay), group, secret }) })
}

/** What a link leads to: its log is followed as far as who has the link may. */
export async function readGroupLink(
  live: Live,
  { link }: ParsedInput<'readGroupLink'>,
): Promise<Answer<CallOutput<'readGroupLink'>>> {
  const opened = await openLink(live, link)
  if (!opened.ok) return opened
  const state = live.groups.states.get(opened.value)
  if (state === undefined) return refuse('no-such-group')
  const isKnown = findConversation(live.ports.sql, groupConversation(opened.value)) !== undefined
  return answer({
    group: opened.value,
    members: state.members.size,
    standing: isKnown ? standingIn(state, live.own.account) : null,
  })
}

async function openLink(live: Live, text: string): Promise<Answer<GroupId>> {
  const { sql } = live.ports
  const link = parseLink(text)
  if (link === undefined) return refuse('bad-input', 'not a link to a group')
  const relay = live.connection.welcome()?.relay
  if (relay === undefined) return refuse('not-connected')
  if (bytesToHex(relay) !== link.relay) return refuse('no-such-group', 'a group of another relay')
  const isNew = findGroup(sql, link.group) === undefined
  sql.transaction(() => {
    addGroup(sql, link.group, 'removed', link.secret)
    if (findGroup(sql, link.group)?.standing !== 'member') setLinkSecret(sql, link.group, link.secret)
  })
  const followed = await live.groups.catchUp(link.group)
  if (!followed.ok || live.groups.states.get(link.group) === undefined) {
    if (isNew) sql.transaction(() => removeGroup(sql, link.group))
    return followed.ok ? refuse('no-such-group') : followed
  }
  return answer(link.group)
}

export async function requestToJoin(
  live: Live,
  input: ParsedInput<'requestToJoin'>,
): Promise<Answer<GroupConversation>> {
  const { sql, clock, random } = live.ports
  const opened = await openLink(live, input.link)
  const link = parseLink(input.link)
  if (!opened.ok || link === undefined) return opened.ok ? refuse('bad-input') : opened
  const group = opened.value
  const { username, name } = live.own
  const note = toBinary(JoinNoteSchema, create(JoinNoteSchema, { username, name, note: input.note }))
  const asked = await live.groups.appending.change(group, () => ({
    kind: 'request-to-join',
    identityKey: live.account.identity.publicKey,
    secretHash: linkHash(link.secret),
    note: sealForMembers(random, joinNoteKey(link.secret), group, 'join-note', note),
  }))
  if (!asked.ok) return asked
  const id = groupConversation(group)
  sql.transaction(() => {
    if (findConversation(sql, id) === undefined)
      beginConversation(sql, { id, kind: 'group', account: null, state: 'outgoing-request', last_at: clock.now() })
    else setConversationState(sql, id, 'outgoing-request')
  })
  const touched = new Touched()
  touched.conversation(id)
  live.tell(touched)
  await live.groups.watch()
  return showOf(live, group)
}

export async function decideRequest(live: Live, input: ParsedInput<'decideRequest'>): Promise<Answer<null>> {
  const { account, approve, history } = input
  if (!approve) return changeGroup(live, input, () => ({ kind: 'reject-request', account }))
  return changeGroup(live, input, (state) => {
    const known = noteOf(live.ports.sql, state, account)?.profile
    const { key } = keyForSealing(live.ports, state.group, newestEpoch(state).number, live.ports.clock.now())
    const profile = known && sealProfile(live.ports.random, key, state.group, known)
    return { kind: 'approve-request', account, history, profile }
  })
}
