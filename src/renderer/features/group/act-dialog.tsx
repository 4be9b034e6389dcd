// Asks once before something that cannot simply be taken back: leaving a group or ending it, handing it over, removing people; and for how
// long somebody is muted or kept out.

import { useState } from 'react'
import { unreachable } from '../../../shared/answer.ts'
import type { AccountId, ConversationId, Instant } from '../../../shared/ids.ts'
import type { Group } from '../../../shared/model.ts'
import { ask } from '../../store/ask.ts'
import type { GroupAct } from '../../store/desk.ts'
import { shownName } from '../../text/plain.ts'
import { say } from '../../text/say.ts'
import { Question } from './question.tsx'
import { type Until, UntilChoice } from './until-choice.tsx'
import { useGroup } from './use-group.ts'

interface ActDialogProps {
  readonly conversation: ConversationId
  readonly act: GroupAct
}

export function ActDialog({ conversation, act }: ActDialogProps) {
  const group = useGroup(conversation)
  const [until, setUntil] = useState<Until>()
  if (!group) return null
  return (
    <Question {...wordsOf(act, group)} act={until === null ? undefined : () => doIt(conversation, act, until)}>
      {(act.what === 'ban' || act.what === 'mute') && <UntilChoice onChoose={setUntil} />}
    </Question>
  )
}

function wordsOf(act: GroupAct, group: Group): { title: string; text: string; confirm: string } {
  const title = shownName(group.summary.title)
  switch (act.what) {
    case 'leave':
      return {
        title: say('group.leaveTitle', { group: title }),
        text: say('group.leaveText'),
        confirm: say('group.leave'),
      }
    case 'delete':
      return {
        title: say('group.deleteTitle', { group: title }),
        text: say('group.deleteText'),
        confirm: say('group.deleteNow'),
      }
    case 'transfer':
      return {
        title: say('group.transferTitle', { group: title, name: nameIn(group, act.account) }),
        text: say('group.transferText'),
        confirm: say('group.transfer'),
      }
    case 'remove':
      return {
        title: say('group.removeTitle', whom(group, act.accounts)),
        text: say('group.removeText'),
        confirm: say('group.remove'),
      }
    case 'ban':
      return {
        title: say('group.banTitle', whom(group, act.accounts)),
        text: say('group.banText'),
        confirm: say('group.ban'),
      }
    case 'mute':
      return {
        title:
          act.accounts.length === 0 ? say('group.muteAllTitle') : say('group.muteTitle', whom(group, act.accounts)),
        text: say('group.muteText'),
        confirm: say('group.mute'),
      }
    default:
      return unreachable(act)
  }
}

function doIt(conversation: ConversationId, act: GroupAct, until: Instant | undefined) {
  switch (act.what) {
    case 'leave':
      return ask('leaveGroup', { conversation })
    case 'delete':
      return ask('deleteGroup', { conversation })
    case 'transfer':
      return ask('transferOwnership', { conversation, account: act.account })
    case 'remove':
      return ask('removeMembers', { conversation, accounts: act.accounts })
    case 'ban':
      return ask('banMembers', { conversation, accounts: act.accounts, until })
    case 'mute':
      return ask('muteMembers', { conversation, accounts: act.accounts, until })
    default:
      return unreachable(act)
  }
}

function whom(group: Group, accounts: readonly AccountId[]) {
  const [first] = accounts
  return { count: accounts.length, name: first === undefined ? '' : nameIn(group, first) }
}

function nameIn(group: Group, account: AccountId): string {
  return shownName(group.members.find(({ person }) => person.account === account)?.person.name ?? '')
}
