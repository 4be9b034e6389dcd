// Who is in a group, and what one may do with several of them at once, or with all.

import { useState } from 'react'
import type { AccountId } from '../../../shared/ids.ts'
import type { Group, GroupMember } from '../../../shared/model.ts'
import { request } from '../../store/ask.ts'
import { arrange } from '../../store/desk.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { askFirst } from './ask-first.ts'
import css from './group.module.css'
import { isChoosable, MemberRows } from './member-rows.tsx'

export function MembersCard({ group }: { group: Group }) {
  const [filter, setFilter] = useState('')
  const [chosen, setChosen] = useState<ReadonlySet<AccountId>>()
  const conversation = group.conversation
  const wanted = filter.trim().toLowerCase()
  const members = group.members.filter(
    ({ person }) => person.name.toLowerCase().includes(wanted) || person.username.includes(wanted),
  )
  const canModerate = group.mayAll.length > 0 || group.members.some(isChoosable)
  // Who is gone by now is not chosen any more.
  const ones = group.members.filter((member) => isChoosable(member) && chosen?.has(member.person.account))
  const accounts = ones.map(({ person }) => person.account)
  // With each of those who are chosen; with nobody chosen, where there is somebody to choose.
  const canAll = (act: Act) => (ones.length > 0 ? ones : group.members.filter(isChoosable)).some(allows(act))
  const can = (act: Act) => ones.length > 0 && ones.every(allows(act))

  function toggle(account: AccountId) {
    const next = new Set(chosen)
    if (!next.delete(account)) next.add(account)
    setChosen(next)
  }

  return (
    <section className={css.section} aria-label={say('group.membersTitle')}>
      <h3 className={css.title}>
        {say('group.membersTitle')}
        {canModerate && (
          <button type="button" className={css.link} onClick={() => setChosen(chosen ? undefined : new Set())}>
            {say(chosen ? 'group.selectDone' : 'group.select')}
          </button>
        )}
      </h3>
      {group.members.length > 8 && (
        <input
          className={`${css.select} ${css.filter}`}
          type="search"
          aria-label={say('group.filter')}
          placeholder={say('group.filter')}
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
      )}
      <MemberRows group={group} members={members} chosen={chosen} onToggle={toggle} />
      {chosen && (
        <div className={css.buttons}>
          {canAll('mute') && (
            <Button small disabled={!can('mute')} onClick={() => askFirst(conversation, { what: 'mute', accounts })}>
              {say('group.muteAsk')}
            </Button>
          )}
          {group.mayAll.includes('mute') && (
            <Button small onClick={() => askFirst(conversation, { what: 'mute', accounts: [] })}>
              {say('group.muteAllAsk')}
            </Button>
          )}
          {ones.length > 0
            ? canAll('mute') && (
                <Button
                  small
                  disabled={!can('mute')}
                  onClick={() => request('unmuteMembers', { conversation, accounts })}
                >
                  {say('group.unmute')}
                </Button>
              )
            : group.mayAll.includes('unmute') && (
                <Button small onClick={() => request('unmuteMembers', { conversation, accounts: [] })}>
                  {say('group.unmuteAll')}
                </Button>
              )}
          {canAll('remove') && (
            <Button
              look="danger"
              small
              disabled={!can('remove')}
              onClick={() => askFirst(conversation, { what: 'remove', accounts })}
            >
              {say('group.remove')}
            </Button>
          )}
          {canAll('ban') && (
            <Button
              look="danger"
              small
              disabled={!can('ban')}
              onClick={() => askFirst(conversation, { what: 'ban', accounts })}
            >
              {say('group.banAsk')}
            </Button>
          )}
        </div>
      )}
      {group.may.includes('invite') && !chosen && (
        <Button wide small onClick={() => arrange({ dialog: { kind: 'group-invite', id: conversation } })}>
          {say('group.invite')}
        </Button>
      )}
    </section>
  )
}

type Act = GroupMember['may'][number]

const allows =
  (act: Act) =>
  ({ may }: GroupMember) =>
    may.includes(act)
