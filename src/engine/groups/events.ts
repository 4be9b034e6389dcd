// A change of the log as a line in the timeline.

import type { GroupEntry } from '../../protocol/groups/read.ts'
import type { AccountId, MessageId } from '../../shared/ids.ts'
import type { GroupEvent } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'
import { findMessage } from '../storage/messages.ts'
import type { DetailsPart } from './details.ts'
import { nameOf } from './names.ts'

type Event = GroupEvent['event']

interface Told {
  event: Event
  accounts?: readonly AccountId[]
  value?: string | null
  epoch?: number
  until?: GroupEvent['until']
}

/**
 * Undefined: nothing that people need to read about.
 * @param part of the details that it changed.
 */
export function eventOf(sql: Sql, { actor, change }: GroupEntry, part: DetailsPart): GroupEvent | undefined {
  const told = tell(sql, change, part)
  if (told === undefined) return undefined
  return {
    event: told.event,
    actor,
    actorName: nameOf(sql, actor),
    accounts: (told.accounts ?? []).map((account) => ({ account, name: nameOf(sql, account) })),
    value: told.value ?? null,
    epoch: told.epoch ?? null,
    until: told.until ?? null,
  }
}

function tell(sql: Sql, change: GroupEntry['change'], part: DetailsPart): Told | undefined {
  switch (change.kind) {
    case 'create':
      return { event: 'created' }
    case 'invite':
      return { event: 'invited', accounts: change.people.map(({ account }) => account) }
    case 'accept-invitation':
      return { event: 'joined' }
    case 'refuse-invitation':
      return { event: 'invitation-refused' }
    case 'withdraw-invitation':
      return { event: 'invitation-withdrawn', accounts: change.accounts }
    case 'set-link':
      return { event: 'link', value: change.link === undefined ? 'off' : 'on' }
    case 'request-to-join':
      return { event: 'asked-to-join' }
    case 'approve-request':
      return { event: 'joined', accounts: [change.account] }
    case 'reject-request':
      return { event: 'rejected', accounts: [change.account] }
    case 'leave':
      return { event: 'left' }
    case 'remove':
      return { event: 'removed', accounts: change.accounts }
    case 'ban':
      return { event: 'banned', accounts: change.accounts, until: change.until ?? null }
    case 'unban':
      return { event: 'unbanned', accounts: change.accounts }
    case 'mute':
      return { event: 'muted', accounts: change.whom === 'everyone' ? [] : change.whom, until: change.until ?? null }
    case 'unmute':
      return { event: 'unmuted', accounts: change.whom === 'everyone' ? [] : change.whom }
    case 'set-role':
      return { event: 'role', accounts: change.accounts, value: change.role }
    case 'transfer-ownership':
      return { event: 'ownership', accounts: [change.account] }
    case 'set-permissions':
      return { event: 'permissions' }
    case 'set-details':
      return { event: 'details', value: part }
    case 'set-policies':
      return { event: 'policies' }
    case 'set-encryption':
      return { event: 'encryption', value: change.encryption }
    case 'request-rotation':
      return { event: 'keys-asked-for' }
    case 'open-epoch':
      return { event: 'new-keys', epoch: change.epoch }
    case 'delete-group':
      return { event: 'deleted' }
    case 'replace-identity':
      return { event: 'new-safety-number' }
    case 'recall':
      return {
        event: 'recalled',
        accounts: authorsOf(sql, change.messages),
        value: String(change.messages.length),
      }
    case 'set-profile':
      return undefined
  }
}

/** Of those that are here. */
function authorsOf(sql: Sql, messages: readonly MessageId[]): AccountId[] {
  return [...new Set(messages.flatMap((message) => findMessage(sql, message)?.author ?? []))]
}
