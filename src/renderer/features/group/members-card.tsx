// Who is in a group: their role, whether their safety number was compared, and what one may do with one, several or all.

import { DropdownMenu } from 'radix-ui'
import { useState } from 'react'
import { type AccountId, Instant } from '../../../shared/ids.ts'
import type { Group, GroupMember, GroupRole } from '../../../shared/model.ts'
import { ask, openConversation, request } from '../../store/ask.ts'
import { arrange } from '../../store/desk.ts'
import { roleWord } from '../../text/event-words.ts'
import { shownName } from '../../text/plain.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { CheckIcon } from '../../ui/icons.tsx'
import { Unseen } from '../../ui/unseen.tsx'
import menu from '../conversation/message-menu.module.css'
import { PersonAvatar } from '../people/person-avatar.tsx'
import { askFirst } from './ask-first.ts'
import css from './group.module.css'

const DAY = 86_400_000

export function MembersCard({ group }: { group: Group }) {
  const [filter, setFilter] = useState('')
  const [chosen, setChosen] = useState<ReadonlySet<AccountId>>()
  const may = new Set(group.may)
  const conversation = group.conversation
  const wanted = filter.trim().toLowerCase()
  const members = group.members.filter(
    ({ person }) => person.name.toLowerCase().includes(wanted) || person.username.includes(wanted),
  )
  const canModerate = may.has('remove') || may.has('ban') || may.has('mute')
  // Who is gone by now is not chosen any more.
  const accounts = group.members.map(({ person }) => person.account).filter((account) => chosen?.has(account))

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
          className={css.select}
          type="search"
          aria-label={say('group.filter')}
          placeholder={say('group.filter')}
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
      )}
      <ul className={css.rows}>
        {members.map((member) => (
          <li key={member.person.account} className={css.row}>
            {chosen && !member.you && (
              <input
                type="checkbox"
                aria-label={shownName(member.person.name)}
                checked={chosen.has(member.person.account)}
                onChange={() => toggle(member.person.account)}
              />
            )}
            <PersonAvatar person={member.person} size={28} />
            <MemberWords member={member} />
            {!chosen && !member.you && <MemberMenu group={group} member={member} />}
          </li>
        ))}
      </ul>
      {chosen && (
        <div className={css.buttons}>
          {may.has('mute') && (
            <Button
              small
              onClick={() => request('muteMembers', { conversation, accounts })}
              disabled={accounts.length === 0}
            >
              {say('group.mute')}
            </Button>
          )}
          {may.has('mute') && (
            <Button small onClick={() => request('muteMembers', { conversation, accounts: [] })}>
              {say('group.muteAll')}
            </Button>
          )}
          {may.has('mute') && (
            <Button small onClick={() => request('unmuteMembers', { conversation, accounts })}>
              {say(accounts.length === 0 ? 'group.unmuteAll' : 'group.unmute')}
            </Button>
          )}
          {may.has('remove') && (
            <Button
              look="danger"
              small
              disabled={accounts.length === 0}
              onClick={() => askFirst(conversation, { what: 'remove', accounts })}
            >
              {say('group.remove')}
            </Button>
          )}
          {may.has('ban') && (
            <Button
              look="danger"
              small
              disabled={accounts.length === 0}
              onClick={() => askFirst(conversation, { what: 'ban', accounts })}
            >
              {say('group.ban')}
            </Button>
          )}
        </div>
      )}
      {may.has('invite') && !chosen && (
        <Button wide small onClick={() => arrange({ dialog: { kind: 'group-invite', id: conversation } })}>
          {say('group.invite')}
        </Button>
      )}
    </section>
  )
}

function MemberWords({ member: { person, role, you, muted } }: { member: GroupMember }) {
  return (
    <span className={css.grow}>
      <span className={css.name}>
        <bdi>{you ? say('group.youName', { name: shownName(person.name) }) : shownName(person.name)}</bdi>
        {person.safety.state === 'verified' && !you && (
          <>
            <CheckIcon />
            <Unseen>{say('row.verified')}</Unseen>
          </>
        )}
      </span>
      <span className={css.fact}>
        {say(roleWord(role))}
        {muted && ` · ${say('group.isMuted')}`}
        {person.safety.state === 'changed' && ` · ${say('details.changed')}`}
      </span>
    </span>
  )
}

function MemberMenu({ group, member: { person, role, muted } }: { group: Group; member: GroupMember }) {
  const may = new Set(group.may)
  const own = group.summary.role
  const conversation = group.conversation
  const accounts = [person.account]
  const roles = (['member', 'admin', 'owner'] as const).filter(
    (one): one is GroupRole => one !== role && (own === 'owner' || one !== 'owner'),
  )

  async function write() {
    const opened = await ask('openConversation', { account: person.account })
    if (opened.ok) openConversation(opened.value.id)
  }

  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className={css.menu} aria-label={say('group.memberMenu', { name: shownName(person.name) })}>
        ⋯
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={menu.menu} collisionPadding={8} align="end">
          <Item says={say('group.write')} onSelect={() => void write()} />
          <Item
            says={say('details.compare')}
            onSelect={() => arrange({ dialog: { kind: 'safety-number', account: person.account } })}
          />
          {may.has('set-role') &&
            roles.map((one) => (
              <Item
                key={one}
                says={say('group.makeRole', { role: say(roleWord(one)) })}
                onSelect={() => request('setGroupRole', { conversation, accounts, role: one })}
              />
            ))}
          {own === 'owner' && (
            <Item
              says={say('group.transfer')}
              onSelect={() => askFirst(conversation, { what: 'transfer', account: person.account })}
            />
          )}
          {may.has('mute') && muted && (
            <Item says={say('group.unmute')} onSelect={() => request('unmuteMembers', { conversation, accounts })} />
          )}
          {may.has('mute') && !muted && (
            <>
              <Item
                says={say('group.muteDay')}
                onSelect={() =>
                  request('muteMembers', { conversation, accounts, until: Instant.parse(Date.now() + DAY) })
                }
              />
              <Item says={say('group.mute')} onSelect={() => request('muteMembers', { conversation, accounts })} />
            </>
          )}
          {may.has('remove') && (
            <Item says={say('group.remove')} onSelect={() => askFirst(conversation, { what: 'remove', accounts })} />
          )}
          {may.has('ban') && (
            <>
              <Item
                says={say('group.banWeek')}
                onSelect={() =>
                  askFirst(conversation, { what: 'ban', accounts, until: Instant.parse(Date.now() + 7 * DAY) })
                }
              />
              <Item says={say('group.ban')} onSelect={() => askFirst(conversation, { what: 'ban', accounts })} />
            </>
          )}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

function Item({ says, onSelect }: { says: string; onSelect: () => void }) {
  return (
    <DropdownMenu.Item className={menu.item} onSelect={onSelect}>
      {says}
    </DropdownMenu.Item>
  )
}
