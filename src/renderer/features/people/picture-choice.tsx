// A picture that can be chosen from a file, or taken away: of oneself, or of a group.

import { type ReactNode, useRef, useState } from 'react'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { cropPicture } from './crop-picture.ts'
import css from './picture-choice.module.css'

interface PictureChoiceProps {
  /** What is shown now. */
  readonly children: ReactNode
  readonly label: string
  /** Whether there is one to take away. */
  readonly removable: boolean
  /** Bytes. */
  readonly most: number
  /** In base64; null: none any more. Answers with what went wrong, if anything did. */
  choose(picture: string | null): Promise<string | undefined>
}

export function PictureChoice({ children, label, removable, most, choose }: PictureChoiceProps) {
  const input = useRef<HTMLInputElement>(null)
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)

  async function take(file: File | undefined) {
    if (!file) return
    setBusy(true)
    const picture = await cropPicture(file, most)
    setProblem(picture === undefined ? failureSentence({ code: 'not-a-picture' }) : await choose(picture))
    setBusy(false)
  }

  return (
    <div className={css.choice}>
      {children}
      <div className={css.words}>
        <input
          ref={input}
          type="file"
          accept="image/png,image/jpeg,image/webp"
          hidden
          aria-label={label}
          onChange={(event) => {
            void take(event.target.files?.[0])
            event.target.value = ''
          }}
        />
        <div className={css.buttons}>
          <Button small disabled={busy} onClick={() => input.current?.click()}>
            {say('picture.choose')}
          </Button>
          {removable && (
            <Button small disabled={busy} onClick={() => void choose(null).then(setProblem)}>
              {say('picture.remove')}
            </Button>
          )}
        </div>
        <p className={css.problem} role="alert">
          {problem}
        </p>
      </div>
    </div>
  )
}
