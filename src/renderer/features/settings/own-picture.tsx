// One's own picture: chosen from a file, or taken away.

import { useRef, useState } from 'react'
import type { Profile } from '../../../shared/model.ts'
import { ask } from '../../store/ask.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { PersonAvatar } from '../people/person-avatar.tsx'
import { cropPicture } from './crop-picture.ts'
import css from './settings-dialog.module.css'

export function OwnPicture({ profile }: { profile: Profile }) {
  const input = useRef<HTMLInputElement>(null)
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)

  async function set(picture: string | null) {
    const answer = await ask('setAvatar', { picture })
    setProblem(answer.ok ? undefined : failureSentence(answer.failure))
  }

  async function choose(file: File | undefined) {
    if (!file) return
    setBusy(true)
    const picture = await cropPicture(file)
    if (picture === undefined) setProblem(failureSentence({ code: 'not-a-picture' }))
    else await set(picture)
    setBusy(false)
  }

  return (
    <div className={css.picture}>
      <PersonAvatar person={profile} size={72} />
      <div className={css.pictureWords}>
        <input
          ref={input}
          type="file"
          accept="image/png,image/jpeg,image/webp"
          hidden
          aria-label={say('settings.picture')}
          onChange={(event) => {
            void choose(event.target.files?.[0])
            event.target.value = ''
          }}
        />
        <div className={css.buttons}>
          <Button small disabled={busy} onClick={() => input.current?.click()}>
            {say('settings.pictureChoose')}
          </Button>
          {profile.avatar !== null && (
            <Button small disabled={busy} onClick={() => void set(null)}>
              {say('settings.pictureRemove')}
            </Button>
          )}
        </div>
        <p className={css.pictureProblem} role="alert">
          {problem}
        </p>
      </div>
    </div>
  )
}
