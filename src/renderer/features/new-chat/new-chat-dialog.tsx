// Finds somebody by their username and opens the conversation with them.

import { type FormEvent, useState } from 'react'
import { readUsername } from '../../../shared/typed.ts'
import { findAndOpen } from '../../store/ask.ts'
import { arrange, closeDialog } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Field } from '../../ui/field.tsx'
import css from './new-chat-dialog.module.css'

export function NewChatDialog() {
  const own = useMirror((mirror) => mirror.profile?.username ?? '')
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)

  async function find(event: FormEvent) {
    event.preventDefault()
    if (/^\s*sotto:group\?/i.test(typed)) return arrange({ dialog: { kind: 'join-group', link: typed } })
    if (/^\s*sotto:/i.test(typed)) return arrange({ dialog: { kind: 'invitation', link: typed } })
    const username = readUsername(typed.trim().replace(/^@/, ''))
    if (username === undefined) return setProblem(say('welcome.usernameBad'))
    setBusy(true)
    const found = await findAndOpen(username)
    setBusy(false)
    if (found.ok) arrange({ dialog: null, tab: 'all', search: '' })
    else setProblem(failureSentence(found.failure))
  }

  return (
    <Dialog title={say('newChat.title')} text={say('newChat.text')} onClose={closeDialog}>
      <form className={css.form} onSubmit={(event) => void find(event)} noValidate>
        <Field
          label={say('newChat.label')}
          placeholder={say('welcome.usernameHint')}
          prefix="@"
          data-begins-here
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value)
            setProblem(undefined)
          }}
          problem={problem}
          hint={say('newChat.own', { username: own })}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          dir="ltr"
          maxLength={2048}
        />
        <Button type="submit" look="primary" wide disabled={busy || typed.trim() === ''}>
          {say(busy ? 'newChat.finding' : 'newChat.find')}
        </Button>
        <Button onClick={() => arrange({ dialog: { kind: 'new-group' } })}>{say('group.new')}</Button>
        <Button look="text" onClick={() => arrange({ dialog: { kind: 'own-invitation' } })}>
          {say('newChat.invite')}
        </Button>
      </form>
    </Dialog>
  )
}
