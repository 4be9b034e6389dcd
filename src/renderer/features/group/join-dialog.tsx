// A link to a group: what it leads to, a note for whoever approves, and then the person decides.

import { useEffect, useState } from 'react'
import type { Answer } from '../../../shared/answer.ts'
import type { CallOutput } from '../../../shared/api.ts'
import { ask, openConversation } from '../../store/ask.ts'
import { arrange } from '../../store/desk.ts'
import { currentMirror } from '../../store/feed.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import css from './group.module.css'

export function JoinDialog({ link, onClose }: { link: string; onClose: () => void }) {
  const [read, setRead] = useState<Answer<CallOutput<'readGroupLink'>>>()
  const [note, setNote] = useState('')
  const [problem, setProblem] = useState<string>()
  useEffect(() => {
    let gone = false
    void ask('readGroupLink', { link }).then((answer) => gone || setRead(answer))
    return () => {
      gone = true
    }
  }, [link])
  const isMember = read?.ok === true && read.value.standing === 'member'

  async function join() {
    const asked = await ask('requestToJoin', { link, note })
    if (!asked.ok) return setProblem(failureSentence(asked.failure))
    onClose()
    arrange({ tab: 'all', search: '' })
    openConversation(asked.value.id)
  }

  function open() {
    if (read?.ok !== true) return
    const { group } = read.value
    const known = currentMirror()?.conversations.values() ?? []
    const conversation = [...known].find((row) => row.group?.id === group)
    onClose()
    if (conversation) openConversation(conversation.id)
  }

  return (
    <Dialog title={say('group.joinTitle')} onClose={onClose}>
      <div className={css.form}>
        {read === undefined && <p role="status">{say('invite.checking')}</p>}
        {read?.ok === false && <p role="alert">{failureSentence(read.failure)}</p>}
        {read?.ok && <p>{say(isMember ? 'group.joinMember' : 'group.joinText', { count: read.value.members })}</p>}
        {read?.ok && !isMember && (
          <label className={css.label}>
            {say('group.note')}
            <textarea
              className={css.area}
              value={note}
              maxLength={500}
              autoComplete="off"
              dir="auto"
              data-begins-here
              onChange={(event) => setNote(event.target.value)}
            />
          </label>
        )}
        <p className={css.problem} role="alert">
          {problem}
        </p>
        {read?.ok && (
          <Button look="primary" wide onClick={() => (isMember ? open() : void join())}>
            {say(isMember ? 'invite.open' : 'group.ask')}
          </Button>
        )}
      </div>
    </Dialog>
  )
}
