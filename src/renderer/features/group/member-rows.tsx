// The members of a group, however many: their role, whether their safety number was compared, and what one may do with each.
// Only those in sight are drawn, and the arrow keys reach all of them.

import { DropdownMenu } from 'radix-ui'
import { type FocusEvent, type KeyboardEvent, useRef, useState } from 'react'
import { type Components, Virtuoso, type VirtuosoHandle } from 'react-virtuoso'
import type { AccountId, Instant } from '../../../shared/ids.ts'
import type { Group, GroupMember } from '../../../shared/model.ts'
import { ask, openConversation, request } from '../../store/ask.ts'
import { arrange } from '../../store/desk.ts'
import { roleWord } from '../../text/event-words.ts'
import { shownName } from '../../text/plain.ts'
import { say } from '../../text/say.ts'
import { untilTime } from '../../text/times.ts'
import { focusInside } from '../../ui/focus-inside.ts'
import { CheckIcon } from '../../ui/icons.tsx'
import { targetOf } from '../../ui/list-keys.ts'
import { MINUTE, useNow } from '../../ui/now.ts'
import { Unseen } from '../../ui/unseen.tsx'
import menu from '../conversation/message-menu.module.css'
import { PersonAvatar } from '../people/person-avatar.tsx'
import { askFirst } from './ask-first.ts'
import css from './group.module.css'

/** There is something to do with several of them at once. */
export function isChoosable({ may }: GroupMember): boolean {
  return may.some((act) => act !== 'transfer-ownership')
}

/** Pixels: of a row that says little, and of all that is in sight at once at most. */
const ROW = 42
const IN_SIGHT = 320

/** Their context is how many there are. */
const components: Components<GroupMember, number> = {
  List: ({ children, style, ref }) => (
    // biome-ignore lint/a11y/useSemanticElements: the virtual list measures a div
    <div ref={ref} style={style} role="list" aria-label={say('group.membersTitle')}>
      {children}
    </div>
  ),
  Item: ({ children, item: _member, context, ...rest }) => (
    // biome-ignore lint/a11y/useSemanticElements: the virtual list measures a div
    <div {...rest} role="listitem" aria-posinset={rest['data-index'] + 1} aria-setsize={context}>
      {children}
    </div>
  ),
}

interface MemberRowsProps {
  readonly group: Group
  /** Those that are to be seen. */
  readonly members: readonly GroupMember[]
  /** Undefined: nobody is being chosen. */
  readonly chosen: ReadonlySet<AccountId> | undefined
  readonly onToggle: (account: AccountId) => void
}

export function MemberRows({ group, members, chosen, onToggle }: MemberRowsProps) {
  const list = useRef<VirtuosoHandle>(null)
  const box = useRef<HTMLDivElement>(null)
  const [cursor, setCursor] = useState<AccountId>()
  const [height, setHeight] = useState(members.length * ROW)
  const reached = Math.max(
    0,
    members.findIndex(({ person }) => person.account === cursor),
  )

  function moveTo(index: number) {
    const to = Math.min(Math.max(index, 0), members.length - 1)
    const member = members[to]
    if (!member) return
    setCursor(member.person.account)
    // The row that has the focus may be scrolled away before the next one is drawn: the list holds it meanwhile.
    box.current?.focus()
    list.current?.scrollIntoView({
      index: to,
      done: () => focusInside(box.current, `[data-member="${member.person.account}"]`),
    })
  }

  /** By a click, or from elsewhere: from there the arrow keys go on. */
  function onFocus({ target }: FocusEvent<HTMLElement>) {
    const found = members.find(({ person }) => person.account === target.dataset.member)
    if (found) setCursor(found.person.account)
  }

  /** Before a menu's button opens at an arrow; what is pressed in an open menu is its own. */
  function onKeyDown(event: KeyboardEvent) {
    if (!(event.target instanceof Node) || !box.current?.contains(event.target)) return
    const target = targetOf(event.key, reached, members.length)
    if (target === undefined || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    moveTo(target)
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hears the arrow keys of what is inside, and is no control itself
    <div
      ref={box}
      tabIndex={-1}
      className={css.members}
      style={{ height: Math.min(IN_SIGHT, height) }}
      onFocus={onFocus}
      onKeyDownCapture={onKeyDown}
    >
      <Virtuoso<GroupMember, number>
        ref={list}
        data={members}
        context={members.length}
        components={components}
        tabIndex={-1}
        totalListHeightChanged={setHeight}
        computeItemKey={(_index, { person }) => person.account}
        defaultItemHeight={ROW}
        initialItemCount={Math.min(members.length, 8)}
        increaseViewportBy={200}
        itemContent={(index, member) => (
          <MemberRow group={group} member={member} chosen={chosen} reachable={index === reached} onToggle={onToggle} />
        )}
      />
    </div>
  )
}

interface MemberRowProps extends Pick<MemberRowsProps, 'group' | 'chosen' | 'onToggle'> {
  readonly member: GroupMember
  /** It is the one that Tab leads to. */
  readonly reachable: boolean
}

function MemberRow({ group, member, chosen, reachable, onToggle }: MemberRowProps) {
  const { person, you } = member
  const control = chosen ? (isChoosable(member) ? 'box' : 'none') : you ? 'none' : 'menu'
  const stop = { 'data-member': person.account, tabIndex: reachable ? 0 : -1 }
  return (
    <div className={css.row} {...(control === 'none' && stop)}>
      {control === 'box' && (
        <input
          {...stop}
          type="checkbox"
          aria-label={shownName(person.name)}
          checked={chosen?.has(person.account) ?? false}
          onChange={() => onToggle(person.account)}
        />
      )}
      <PersonAvatar person={person} size={28} />
      <MemberWords member={member} />
      {control === 'menu' && <MemberMenu group={group} member={member} reachable={reachable} />}
    </div>
  )
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
function MemberMenu({ group, member, reachable }: { group: Group; member: GroupMember; reachable: boolean }) {
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
      <DropdownMenu.Trigger
        className={css.menu}
        data-member={person.account}
        tabIndex={reachable ? 0 : -1}
        aria-label={say('group.memberMenu', { name: shownName(person.name) })}
      >
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
