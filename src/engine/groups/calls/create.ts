// Making a group: its first entry, its first keys, and invitations to the first people [G1].

import type { Policies } from '../../../protocol/groups/change.ts'
import { DEFAULT_POLICIES } from '../../../protocol/groups/permissions.ts'
import { type Answer, answer, refuse } from '../../../shared/answer.ts'
import type { ParsedInput } from '../../../shared/api.ts'
import { GroupId, groupConversation } from '../../../shared/ids.ts'
import type { GroupConversation } from '../../../shared/model.ts'
import { beginConversation } from '../../devices/of-conversations.ts'
import type { Live } from '../../live.ts'
import { findConversation, removeConversation } from '../../storage/conversations.ts'
import { addGroup, enterGroup, removeGroup, setReadableSeen } from '../../storage/groups.ts'
import { Touched } from '../../touched.ts'
import { sealDetails } from '../details.ts'
import { keyForSealing, sealProfile } from '../names.ts'
import { showGroupConversation } from '../show.ts'
import { readGivenPicture } from './details.ts'

export async function createGroup(live: Live, input: ParsedInput<'createGroup'>): Promise<Answer<GroupConversation>> {
  const { sql, clock, random } = live.ports
  const state = live.connection.state().state
  if (state !== 'online' && state !== 'catching-up') return refuse('not-connected')
  const others = [...new Set(input.people)].filter((account) => account !== live.own.account)
  const checked = live.groups.inviting.check(others)
  if (!checked.ok) return checked
  const picture = readGivenPicture(input.picture)
  if (!picture.ok) return picture
  const group = GroupId.parse(random.uuid())
  const conversation = groupConversation(group)
  sql.transaction(() => {
    addGroup(sql, group, 'member', null)
    enterGroup(sql, group)
    // Whoever makes it readable knows that it is.
    setReadableSeen(sql, group, 0)
    beginConversation(sql, { id: conversation, kind: 'group', account: null, state: 'open', last_at: clock.now() })
    live.groups.inviting.plan(group, others, input.history)
  })
  const { key } = keyForSealing(live.ports, group, 1, clock.now())
  const details = sealDetails(random, key, group, {
    title: input.title,
    description: input.description ?? '',
    picture: picture.value,
  })
  const founded = await live.groups.appending.found(group, {
    kind: 'create',
    identityKey: live.account.identity.publicKey,
    policies: { ...DEFAULT_POLICIES, ...given(input.policies) },
    permissions: {},
    encryption: input.encryption,
    details,
    profile: sealProfile(random, key, group, live.own),
  })
  if (!founded.ok) {
    sql.transaction(() => {
      removeGroup(sql, group)
      removeConversation(sql, conversation)
    })
    return founded
  }
  live.groupNeeds.entered(group)
  await live.groups.watch()
  // The group is there, whoever can be invited now and whoever only later.
  await live.groups.inviting.work(group)
  const touched = new Touched()
  touched.conversation(conversation)
  live.tell(touched)
  return showOf(live, group)
}

export function showOf(live: Live, group: GroupId): Answer<GroupConversation> {
  const row = findConversation(live.ports.sql, groupConversation(group))
  return row?.kind === 'group' ? answer(showGroupConversation(live.showing(), row)) : refuse('no-such-group')
}

function given(policies: ParsedInput<'createGroup'>['policies']): Partial<Policies> {
  return Object.fromEntries(Object.entries(policies ?? {}).filter(([, value]) => value !== undefined))
}
