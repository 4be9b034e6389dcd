// What happened to a group, in a sentence.

import { unreachable } from '../../shared/answer.ts'
import type { AccountId } from '../../shared/ids.ts'
import type { GroupEvent } from '../../shared/model.ts'
import { shownName } from './plain.ts'
import { say } from './say.ts'
import type { SentenceKey } from './sentences.ts'
import { untilTime } from './times.ts'

/** `own`: whose window it is, who is called "you". */
export function eventWords(event: GroupEvent, own: AccountId | undefined): string {
  const actor = event.actor === own ? say('group.you') : shownName(event.actorName)
  const names = event.accounts.map(({ account, name }) => (account === own ? say('group.youInside') : shownName(name)))
  const people = names.length > 0 ? new Intl.ListFormat('en').format(names) : say('group.everyone')
  const values = { actor, people, value: event.value ?? '' }
  switch (event.event) {
    case 'created':
      return say('group.event.created', values)
    case 'invited':
      return say('group.event.invited', values)
    case 'invitation-withdrawn':
      return say('group.event.withdrawn', values)
    case 'invitation-refused':
      return say('group.event.refused', values)
    case 'asked-to-join':
      return say('group.event.asked', values)
    case 'rejected':
      return say('group.event.rejected', values)
    case 'joined':
      return names.length > 0 ? say('group.event.approved', values) : say('group.event.joined', values)
    case 'left':
      return say('group.event.left', values)
    case 'removed':
      return say('group.event.removed', values)
    case 'banned':
      return event.until === null
        ? say('group.event.banned', values)
        : say('group.event.bannedUntil', { ...values, time: untilTime(event.until, Date.now()) })
    case 'unbanned':
      return say('group.event.unbanned', values)
    case 'muted':
      return event.until === null
        ? say('group.event.muted', values)
        : say('group.event.mutedUntil', { ...values, time: untilTime(event.until, Date.now()) })
    case 'unmuted':
      return say('group.event.unmuted', values)
    case 'role':
      return say('group.event.role', { ...values, role: say(roleWord(event.value)) })
    case 'ownership':
      return say('group.event.ownership', values)
    case 'permissions':
      return say('group.event.permissions', values)
    case 'details':
      return say(detailsEvent(event.value), values)
    case 'link':
      return say(event.value === 'on' ? 'group.event.linkOn' : 'group.event.linkOff', values)
    case 'policies':
      return say('group.event.policies', values)
    case 'encryption':
      return say(encryptionEvent(event.value), values)
    case 'keys-asked-for':
      return say('group.event.keysAsked', values)
    case 'new-keys':
      return say('group.event.newKeys', { ...values, epoch: event.epoch ?? 0 })
    case 'new-safety-number':
      return say('group.event.newSafetyNumber', values)
    case 'recalled':
      return say(names.length > 0 ? 'group.event.recalledOf' : 'group.event.recalled', {
        ...values,
        count: Number(event.value ?? 1),
      })
    case 'deleted':
      return say('group.event.deleted', values)
    case 'halted':
      return say('group.halted')
    default:
      return unreachable(event.event)
  }
}

function detailsEvent(part: string | null): SentenceKey {
  switch (part) {
    case 'title':
      return 'group.event.title'
    case 'description':
      return 'group.event.description'
    case 'picture':
      return 'group.event.picture'
    case 'picture-removed':
      return 'group.event.pictureRemoved'
    default:
      return 'group.event.details'
  }
}

function encryptionEvent(value: string | null): SentenceKey {
  if (value === 'off') return 'group.event.encryptionOff'
  return value === 'optional' ? 'group.event.encryptionOptional' : 'group.event.encryptionOn'
}

export function roleWord(role: string | null): SentenceKey {
  if (role === 'owner') return 'group.role.owner'
  return role === 'admin' ? 'group.role.admin' : 'group.role.member'
}
