// Choosing people: of those one talks with, and by username.

import { type FormEvent, useState } from 'react'
import type { AccountId } from '../../../shared/ids.ts'
import { MAX_GROUP_MEMBERS } from '../../../shared/limits.ts'
import type { Person } from '../../../shared/model.ts'
import { readUsername } from '../../../shared/typed.ts'
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
  /** How many more the group has room for. */
  readonly room: number
  readonly onChoose: (chosen: ReadonlySet<AccountId>) => void
}

export function PeoplePicker({ chosen, without, room, onChoose }: PeoplePickerProps) {
  const conversations = useMirror((mirror) => mirror.conversations)
  const own = useMirror((mirror) => mirror.profile?.account)
  const [found, setFound] = useState<readonly Person[]>([])
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState<string>()
  const known = [...conversations.values()].flatMap(({ kind, person }) => (kind === 'person' ? person : []))
  const people = [...new Map([...known, ...found].map((person) => [person.account, person])).values()].filter(
    ({ account, blocked }) => account !== own && !blocked && !without.has(account),
  )

  const isFull = chosen.size >= room

  function toggle(account: AccountId) {
    const next = new Set(chosen)
    if (!next.delete(account)) next.add(account)
    onChoose(next)
  }

  async function find(event: FormEvent) {
    event.preventDefault()
    const username = readUsername(typed.trim().replace(/^@/, ''))
    if (username === undefined) return setProblem(say('welcome.usernameBad'))
    const person = await ask('findPerson', { username })
    if (!person.ok) return setProblem(failureSentence(person.failure))
    setFound([...found, person.value])
    if (isFull) return setProblem(say('group.pickerFull', { members: MAX_GROUP_MEMBERS, most: room }))
    onChoose(new Set(chosen).add(person.value.account))
    setTyped('')
  }

  return (
    <fieldset className={css.form}>
      <legend className={css.title}>{say('group.people')}</legend>
      <div className={css.rows}>
        {people.map(({ account, name, username }) => (
          <label key={account} className={css.row}>
            <input
              type="checkbox"
              checked={chosen.has(account)}
              disabled={isFull && !chosen.has(account)}
              onChange={() => toggle(account)}
            />
            <span className={css.grow}>
              <bdi>{shownName(name)}</bdi> <span className={css.fact}>@{username}</span>
            </span>
          </label>
        ))}
      </div>
      <p className={isFull ? css.problem : css.fact} role="status">
        {say(isFull ? 'group.pickerFull' : 'group.picked', {
          chosen: chosen.size,
          members: MAX_GROUP_MEMBERS,
          most: room,
        })}
      </p>
      <form className={css.find} onSubmit={(event) => void find(event)} noValidate>
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
