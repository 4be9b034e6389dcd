// What others learn of oneself: a name for everybody, a line for those who have accepted.

import { type FormEvent, useState } from 'react'
import { MAX_ABOUT_LENGTH, MAX_NAME_LENGTH } from '../../../shared/limits.ts'
import { readAbout, readName } from '../../../shared/typed.ts'
import { ask } from '../../store/ask.ts'
import { arrange } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import { OwnPicture } from './own-picture.tsx'
import css from './settings-dialog.module.css'

type Problem = { field: 'name' | 'about'; text: string }

export function OwnProfile() {
  const profile = useMirror((mirror) => mirror.profile)
  const [name, setName] = useState(profile?.name ?? '')
  const [about, setAbout] = useState(profile?.about ?? '')
  const [problem, setProblem] = useState<Problem>()
  const problemOf = (field: Problem['field']) => (problem?.field === field ? problem.text : undefined)

  async function save(event: FormEvent) {
    event.preventDefault()
    const goodName = readName(name)
    if (goodName === undefined) return setProblem({ field: 'name', text: say('welcome.nameBad') })
    const goodAbout = readAbout(about)
    if (goodAbout === undefined) return setProblem({ field: 'about', text: say('settings.aboutYouBad') })
    const saved = await ask('updateProfile', { name: goodName, about: goodAbout })
    setProblem(saved.ok ? undefined : { field: 'about', text: failureSentence(saved.failure) })
  }

  const unchanged = name.trim() === profile?.name && about.trim() === profile.about
  return (
    <form className={css.profile} onSubmit={(event) => void save(event)} noValidate>
      {profile && <OwnPicture profile={profile} />}
      <Field
        label={say('settings.name')}
        value={name}
        onChange={(event) => setName(event.target.value)}
        problem={problemOf('name')}
        hint={profile ? `@${profile.username}` : undefined}
        maxLength={MAX_NAME_LENGTH}
        autoComplete="off"
        dir="auto"
      />
      <Field
        label={say('settings.aboutYou')}
        value={about}
        onChange={(event) => setAbout(event.target.value)}
        problem={problemOf('about')}
        hint={say('settings.aboutYouHint')}
        maxLength={MAX_ABOUT_LENGTH}
        autoComplete="off"
        dir="auto"
      />
      <div className={css.actions}>
        <Button small onClick={() => arrange({ dialog: { kind: 'own-invitation' } })}>
          {say('settings.invite')}
        </Button>
        <Button small look="primary" type="submit" disabled={unchanged}>
          {say('settings.nameSave')}
        </Button>
      </div>
    </form>
  )
}
