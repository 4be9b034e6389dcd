// Who is in a group: their role, whether their safety number was compared, and what one may do with one, several or all.

import { DropdownMenu } from 'radix-ui'
import { useState } from 'react'
import type { AccountId, Instant } from '../../../shared/ids.ts'
import type { Group, GroupMember } from '../../../shared/model.ts'
import { ask, openConversation, request } from '../../store/ask.ts'
import { arrange } from '../../store/desk.ts'
import { roleWord } from '../../text/event-words.ts'
import { shownName } from '../../text/plain.ts'
import { say } from '../../text/say.ts'
import { untilTime } from '../../text/times.ts'
import { Button } from '../../ui/button.tsx'
import { CheckIcon } from '../../ui/icons.tsx'
import { MINUTE, useNow } from '../../ui/now.ts'
import { Unseen } from '../../ui/unseen.tsx'
import menu from '../conversation/message-menu.module.css'
import { PersonAvatar } from '../people/person-avatar.tsx'
import { askFirst } from './ask-first.ts'
import css from './group.module.css'

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
            {chosen && isChoosable(member) && (
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

/** There is something to do with several of them at once. */
function isChoosable({ may }: GroupMember): boolean {
  return may.some((act) => act !== 'transfer-ownership')
}

function MemberWords({ member: { person, role, you, muted } }: { member: GroupMember }) {
  const now = useNow(MINUTE)
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
        {muted && ` · ${mutedWords(muted.until, now)}`}
        {person.safety.state === 'changed' && ` · ${say('details.changed')}`}
      </span>
    </span>
  )
}

function mutedWords(until: Instant | null, now: number): string {
  return until === null ? say('group.isMuted') : say('group.isMutedUntil', { time: untilTime(until, now) })
}

/** Offers what one may do with them, and nothing else. */
function MemberMenu({ group, member }: { group: Group; member: GroupMember }) {
  const { person, muted, mayBecome } = member
  const may = new Set(member.may)
  const conversation = group.conversation
  const accounts = [person.account]

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
          {mayBecome.map((one) => (
            <Item
              key={one}
              says={say('group.makeRole', { role: say(roleWord(one)) })}
              onSelect={() => request('setGroupRole', { conversation, accounts, role: one })}
            />
          ))}
          {may.has('transfer-ownership') && (
            <Item
              says={say('group.transfer')}
              onSelect={() => askFirst(conversation, { what: 'transfer', account: person.account })}
            />
          )}
          {may.has('mute') && muted && (
            <Item says={say('group.unmute')} onSelect={() => request('unmuteMembers', { conversation, accounts })} />
          )}
          {may.has('mute') && !muted && (
            <Item says={say('group.muteAsk')} onSelect={() => askFirst(conversation, { what: 'mute', accounts })} />
          )}
          {may.has('remove') && (
            <Item says={say('group.remove')} onSelect={() => askFirst(conversation, { what: 'remove', accounts })} />
          )}
          {may.has('ban') && (
            <Item says={say('group.banAsk')} onSelect={() => askFirst(conversation, { what: 'ban', accounts })} />
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
