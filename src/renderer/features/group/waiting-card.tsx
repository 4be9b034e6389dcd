// Who waits at the door: requests to decide, invitations that are out, and who is kept out.

import { useState } from 'react'
import type { AccountId } from '../../../shared/ids.ts'
import type { Group } from '../../../shared/model.ts'
import { request } from '../../store/ask.ts'
import { shownName, shownText } from '../../text/plain.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import css from './group.module.css'
import { grantOf, HistoryChoice, type HistoryWish } from './history-choice.tsx'

export function WaitingCard({ group }: { group: Group }) {
  const [history, setHistory] = useState<HistoryWish>('none')
  const { conversation, requests, invited, bans } = group
  const may = new Set(group.may)
  return (
    <>
      {requests.length > 0 && (
        <section className={css.section} aria-label={say('group.requests')}>
          <h3 className={css.title}>{say('group.requests')}</h3>
          <HistoryChoice value={history} onChoose={setHistory} />
          {requests.map(({ person, note }) => (
            <div key={person.account} className={css.row}>
              <span className={css.grow}>
                <bdi className={css.name}>{shownName(person.name)}</bdi>
                <span className={css.fact} dir="auto">
                  {shownText(note)}
                </span>
              </span>
              <Button look="primary" small onClick={() => decide(person.account, true)}>
                {say('group.approve')}
              </Button>
              <Button small onClick={() => decide(person.account, false)}>
                {say('group.reject')}
              </Button>
            </div>
          ))}
        </section>
      )}
      {invited.length > 0 && (
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
        </section>
      )}
      {bans.length > 0 && (
        <section className={css.section} aria-label={say('group.bans')}>
          <h3 className={css.title}>{say('group.bans')}</h3>
          {bans.map(({ person }) => (
            <Row
              key={person.account}
              name={person.name}
              action={may.has('ban') ? say('group.unban') : undefined}
              onAct={() => request('unbanMembers', { conversation, accounts: [person.account] })}
            />
          ))}
        </section>
      )}
    </>
  )

  function decide(account: AccountId, approve: boolean) {
    request('decideRequest', { conversation, account, approve, history: grantOf(history) })
  }
}

function Row({ name, action, onAct }: { name: string; action: string | undefined; onAct: () => void }) {
  return (
    <div className={css.row}>
      <bdi className={css.grow}>{shownName(name)}</bdi>
      {action !== undefined && (
        <Button small onClick={onAct}>
          {action}
        </Button>
      )}
    </div>
  )
}
