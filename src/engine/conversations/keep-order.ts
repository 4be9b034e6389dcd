// The list in order: muted, put away, or at the top [P171].

import { type Answer, answer, refuse } from '../../shared/answer.ts'
import type { ParsedInput } from '../../shared/api.ts'
import type { ConversationId } from '../../shared/ids.ts'
import type { Conversation } from '../../shared/model.ts'
import { announce, announceTogether } from '../devices/tell.ts'
import type { Live } from '../live.ts'
import * as conversations from '../storage/conversations.ts'
import { Touched } from '../touched.ts'

export async function setMuted(
  live: Live,
  { conversation: id, until }: ParsedInput<'setMuted'>,
): Promise<Answer<Conversation>> {
  const at = until === 'for-good' ? conversations.FOR_GOOD : until
  return keep(live, id, () => {
    conversations.setMutedUntil(live.ports.sql, id, at)
    announce({ ...live.ports, own: live.own }, `muted/${id}`, at)
  })
}

export async function setArchived(
  live: Live,
  { conversation: id, archived }: ParsedInput<'setArchived'>,
): Promise<Answer<Conversation>> {
  return keep(live, id, () => {
    conversations.setArchived(live.ports.sql, id, archived)
    announceTogether(
      { ...live.ports, own: live.own },
      { [`archived/${id}`]: archived, ...(archived && { [`pinned/${id}`]: false }) },
    )
  })
}

export async function setPinned(
  live: Live,
  { conversation: id, pinned }: ParsedInput<'setPinned'>,
): Promise<Answer<Conversation>> {
  return keep(live, id, () => {
    conversations.setPinned(live.ports.sql, id, pinned)
    announceTogether(
      { ...live.ports, own: live.own },
      { [`pinned/${id}`]: pinned, ...(pinned && { [`archived/${id}`]: false }) },
    )
  })
}

function keep(live: Live, id: ConversationId, write: () => void): Answer<Conversation> {
  const { sql } = live.ports
  if (conversations.findConversation(sql, id) === undefined) return refuse('no-such-conversation')
  sql.transaction(write)
  const touched = new Touched()
  touched.conversation(id)
  live.tell(touched)
  live.kickOwn()
  const shown = live.show(id)
  if (shown === undefined) throw new Error('the conversation went while it was put in order')
  return answer(shown)
}
