// Whom one does not want to hear from, and the way back.

import { useCallback, useEffect, useState } from 'react'
import type { Person } from '../../../shared/model.ts'
import { ask } from '../../store/ask.ts'
import { showNotice } from '../../store/desk.ts'
import { failureSentence } from '../../text/failures.ts'
import { shownName } from '../../text/plain.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { PersonName } from '../../ui/person-name.tsx'
import { PersonAvatar } from '../people/person-avatar.tsx'
import css from './settings-dialog.module.css'

export function BlockedPeople() {
  const [people, setPeople] = useState<readonly Person[]>()

  const load = useCallback(async () => {
    const listed = await ask('listPeople', { which: 'blocked' })
    if (listed.ok) setPeople(listed.value)
  }, [])
  useEffect(() => void load(), [load])

  async function unblock(person: Person) {
    const unblocked = await ask('unblockPerson', { account: person.account })
    if (!unblocked.ok && unblocked.failure.code !== 'already-so') showNotice(failureSentence(unblocked.failure))
    await load()
  }

  if (people?.length === 0) return <p className={css.quiet}>{say('settings.blockedNone')}</p>
  return (
    <ul className={css.people}>
      {people?.map((person) => (
        <li key={person.account} className={css.person}>
          <PersonAvatar person={person} size={28} />
          <span className={css.who}>
            <PersonName name={person.name} /> <span className={css.quiet}>@{person.username}</span>
          </span>
          <Button
            small
            aria-label={say('settings.unblockLabel', { name: shownName(person.name) })}
            onClick={() => void unblock(person)}
          >
            {say('settings.unblock')}
          </Button>
        </li>
      ))}
    </ul>
  )
}
