// Who waits at the door: requests to decide, invitations that are out, and who is kept out.

import { useState } from 'react'
import type { Group, HistoryGrant } from '../../../shared/model.ts'
import { request } from '../../store/ask.ts'
import { shownName, shownText } from '../../text/plain.ts'
import { say } from '../../text/say.ts'
import { untilTime } from '../../text/times.ts'
import { Button } from '../../ui/button.tsx'
import { MINUTE, useNow } from '../../ui/now.ts'
import { PersonAvatar } from '../people/person-avatar.tsx'
import css from './group.module.css'
import { HistoryChoice } from './history-choice.tsx'

export function WaitingCard({ group }: { group: Group }) {
  const { conversation, requests, invited, toInvite, bans } = group
  const may = new Set(group.may)
  const now = useNow(MINUTE)
  return (
    <>
      {requests.length > 0 && (
        <section className={css.section} aria-label={say('group.requests')}>
          <h3 className={css.title}>{say('group.requests')}</h3>
          {requests.map((asked) => (
            <Asking key={asked.person.account} group={group} asked={asked} />
          ))}
        </section>
      )}
      {(invited.length > 0 || toInvite > 0) && (
        <section className={css.section} aria-label={say('group.invited')}>
          <h3 className={css.title}>{say('group.invited')}</h3>
          {invited.map(({ person }) => (
            <Row
              key={person.account}
              name={person.name}
              action={may.has('invite') ? say('group.withdraw') : undefined}
              onAct={() => request('withdrawInvitation', { conversation, accounts: [person.account] })}
            />
          ))}
          {toInvite > 0 && <p className={css.fact}>{say('group.invitedLater', { count: toInvite })}</p>}
        </section>
      )}
      {bans.length > 0 && (
        <section className={css.section} aria-label={say('group.bans')}>
          <h3 className={css.title}>{say('group.bans')}</h3>
          {bans.map(({ person, until }) => (
            <Row
              key={person.account}
              name={person.name}
              fact={until === null ? undefined : say('group.bannedUntil', { time: untilTime(until, now) })}
              action={may.has('ban') ? say('group.unban') : undefined}
              onAct={() => request('unbanMembers', { conversation, accounts: [person.account] })}
            />
          ))}
        </section>
      )}
    </>
  )
}

/** Whoever decides also says how much of what was said before they may read. */
function Asking({ group, asked: { person, note } }: { group: Group; asked: Group['requests'][number] }) {
  const [history, setHistory] = useState<HistoryGrant>({ kind: 'none' })
  const { conversation } = group
  const { account } = person
  return (
    <div className={css.asking}>
      <div className={css.row}>
        <PersonAvatar person={person} size={28} />
        <span className={css.grow}>
          <bdi className={css.name}>{shownName(person.name)}</bdi>
          <span className={css.fact} dir="auto">
            {shownText(note)}
          </span>
        </span>
      </div>
      <HistoryChoice onChoose={setHistory} />
      <div className={css.buttons}>
        <Button
          look="primary"
          small
          onClick={() => request('decideRequest', { conversation, account, approve: true, history })}
        >
          {say('group.approve')}
        </Button>
        <Button small onClick={() => request('decideRequest', { conversation, account, approve: false })}>
          {say('group.reject')}
        </Button>
      </div>
    </div>
  )
}

interface RowProps {
  readonly name: string
  readonly fact?: string | undefined
  readonly action: string | undefined
  readonly onAct: () => void
}

function Row({ name, fact, action, onAct }: RowProps) {
  return (
    <div className={css.row}>
      <span className={css.grow}>
        <bdi className={css.name}>{shownName(name)}</bdi>
        {fact !== undefined && <span className={css.fact}>{fact}</span>}
      </span>
      {action !== undefined && (
        <Button small onClick={onAct}>
          {action}
        </Button>
      )}
    </div>
  )
}
