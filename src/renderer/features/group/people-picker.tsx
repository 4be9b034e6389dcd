// Choosing people: of those one talks with, and by username.

import { type FormEvent, useState } from 'react'
import { type AccountId, Username } from '../../../shared/ids.ts'
import type { Person } from '../../../shared/model.ts'
import { ask } from '../../store/ask.ts'
import { useMirror } from '../../store/feed.ts'
import { failureSentence } from '../../text/failures.ts'
import { shownName } from '../../text/plain.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import css from './group.module.css'

interface PeoplePickerProps {
  readonly chosen: ReadonlySet<AccountId>
  readonly without: ReadonlySet<AccountId>
  readonly onChoose: (chosen: ReadonlySet<AccountId>) => void
}

export function PeoplePicker({ chosen, without, onChoose }: PeoplePickerProps) {
  const conversations = useMirror((mirror) => mirror.conversations)
  const own = useMirror((mirror) => mirror.profile?.account)
  const [found, setFound] = useState<readonly Person[]>([])
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState<string>()
  const known = [...conversations.values()].flatMap(({ kind, person }) => (kind === 'person' ? person : []))
  const people = [...new Map([...known, ...found].map((person) => [person.account, person])).values()].filter(
    ({ account, blocked }) => account !== own && !blocked && !without.has(account),
  )

  function toggle(account: AccountId) {
    const next = new Set(chosen)
    if (!next.delete(account)) next.add(account)
    onChoose(next)
  }

  async function find(event: FormEvent) {
    event.preventDefault()
    const username = Username.safeParse(typed.trim().replace(/^@/, ''))
    if (!username.success) return setProblem(say('welcome.usernameBad'))
    const person = await ask('findPerson', { username: username.data })
    if (!person.ok) return setProblem(failureSentence(person.failure))
    setFound([...found, person.value])
    onChoose(new Set(chosen).add(person.value.account))
    setTyped('')
  }

  return (
    <fieldset className={css.form}>
      <legend className={css.title}>{say('group.people')}</legend>
      <div className={css.rows}>
        {people.map(({ account, name, username }) => (
          <label key={account} className={css.row}>
            <input type="checkbox" checked={chosen.has(account)} onChange={() => toggle(account)} />
            <span className={css.grow}>
              <bdi>{shownName(name)}</bdi> <span className={css.fact}>@{username}</span>
            </span>
          </label>
        ))}
      </div>
      <form onSubmit={(event) => void find(event)} noValidate>
        <Field
          label={say('group.findPerson')}
          placeholder={say('welcome.usernameHint')}
          prefix="@"
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value)
            setProblem(undefined)
          }}
          problem={problem}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          dir="ltr"
          maxLength={64}
        />
        <Button type="submit" small disabled={typed.trim() === ''}>
          {say('group.addPerson')}
        </Button>
      </form>
    </fieldset>
  )
}
