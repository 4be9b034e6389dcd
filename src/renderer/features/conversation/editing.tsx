// Changing a message: its text where one writes, until it is kept or left as it was.

import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import type { Message } from '../../../shared/model.ts'
import { isMessageText } from '../../../shared/typed.ts'
import { ask } from '../../store/ask.ts'
import { arrange } from '../../store/desk.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import composer from './composer.module.css'
import css from './editing.module.css'

const leave = () => arrange({ editing: null })

export function Editing({ message }: { message: Message & { content: { kind: 'text' } } }) {
  const [text, write] = useState(message.content.text)
  const [problem, setProblem] = useState<string>()
  const field = useRef<HTMLTextAreaElement>(null)
  const good = isMessageText(text.trim())

  useEffect(() => {
    const area = field.current
    area?.focus()
    area?.setSelectionRange(area.value.length, area.value.length)
  }, [])

  async function keep() {
    if (!good) return
    if (text.trim() === message.content.text) return leave()
    const changed = await ask('editMessage', { message: message.id, text: text.trim() })
    if (changed.ok) leave()
    else setProblem(failureSentence(changed.failure))
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing || event.keyCode === 229) return
    if (event.key === 'Escape') {
      event.stopPropagation()
      leave()
    }
    if (event.key !== 'Enter' || event.shiftKey) return
    event.preventDefault()
    void keep()
  }

  return (
    <div className={composer.composer}>
      <p className={composer.problem} role="alert">
        {problem}
      </p>
      <p className={composer.note}>{say('message.editing')}</p>
      <div className={composer.line}>
        <label className={composer.field}>
          <textarea
            ref={field}
            className={composer.text}
            data-region="composer"
            rows={1}
            autoComplete="off"
            dir="auto"
            value={text}
            aria-label={say('message.editLabel')}
            onChange={(event) => write(event.target.value)}
            onKeyDown={onKeyDown}
          />
        </label>
        <div className={css.actions}>
          <Button small onClick={leave}>
            {say('action.cancel')}
          </Button>
          <Button small look="primary" disabled={!good} onClick={() => void keep()}>
            {say('message.keepEdit')}
          </Button>
        </div>
      </div>
    </div>
  )
}
