// What the person keeps about somebody for themselves: a nickname, and notes. Saved when they go on to something else.

import { useEffect, useState } from 'react'
import { MAX_NAME_LENGTH, MAX_NOTE_LENGTH } from '../../../shared/limits.ts'
import type { Person } from '../../../shared/model.ts'
import { readName } from '../../../shared/typed.ts'
import { request } from '../../store/ask.ts'
import { shownName } from '../../text/plain.ts'
import { say } from '../../text/say.ts'
import { Field } from '../../ui/field.tsx'
import css from './own-words.module.css'

/** Give it the account as its key: what is typed belongs to one person. */
export function OwnWords({ person }: { person: Person }) {
  return (
    <section className={css.words} aria-label={say('details.forYou')}>
      <h3 className={css.title}>{say('details.forYou')}</h3>
      <Nickname person={person} />
      <Note person={person} />
    </section>
  )
}

function Nickname({ person: { account, nickname, profileName } }: { person: Person }) {
  const [typed, setTyped] = useState(nickname ?? '')
  useEffect(() => setTyped(nickname ?? ''), [nickname])

  function save() {
    const wanted = typed.trim()
    if (wanted === (nickname ?? '')) return
    const good = readName(wanted)
    if (wanted !== '' && good === undefined) return setTyped(nickname ?? '')
    request('setNickname', { account, nickname: good ?? null })
  }

  return (
    <Field
      label={say('details.nickname')}
      value={typed}
      placeholder={shownName(profileName)}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={save}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && !event.nativeEvent.isComposing) save()
      }}
      maxLength={MAX_NAME_LENGTH}
      autoComplete="off"
      dir="auto"
    />
  )
}

function Note({ person: { account, name, note } }: { person: Person }) {
  const [typed, setTyped] = useState(note)
  useEffect(() => setTyped(note), [note])
  return (
    <label className={css.label}>
      {say('details.noteLabel')}
      <textarea
        className={css.note}
        aria-label={say('details.note', { name: shownName(name) })}
        placeholder={say('details.noteHint')}
        value={typed}
        rows={3}
        maxLength={MAX_NOTE_LENGTH}
        // Else Chromium keeps it, in the clear, for when it restores a page.
        autoComplete="off"
        dir="auto"
        onChange={(event) => setTyped(event.target.value)}
        onBlur={() => {
          if (typed !== note) request('setNote', { account, note: typed })
        }}
      />
    </label>
  )
}
