// Inviting people into a group, with so much of what was said before.

import { useState } from 'react'
import type { AccountId, ConversationId } from '../../../shared/ids.ts'
import type { HistoryGrant } from '../../../shared/model.ts'
import { ask } from '../../store/ask.ts'
import { closeDialog } from '../../store/desk.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import css from './group.module.css'
import { HistoryChoice } from './history-choice.tsx'
import { PeoplePicker } from './people-picker.tsx'
import { useGroup } from './use-group.ts'

export function InviteDialog({ conversation }: { conversation: ConversationId }) {
  const group = useGroup(conversation)
  const [people, setPeople] = useState<ReadonlySet<AccountId>>(new Set())
  const [history, setHistory] = useState<HistoryGrant>({ kind: 'none' })
  const [problem, setProblem] = useState<string>()
  const inside = new Set([...(group?.members ?? []), ...(group?.invited ?? [])].map(({ person }) => person.account))

  async function invite() {
    const invited = await ask('inviteToGroup', { conversation, people: [...people], history })
    if (invited.ok) closeDialog()
    else setProblem(failureSentence(invited.failure))
  }

  return (
    <Dialog title={say('group.invite')} onClose={closeDialog}>
      <div className={css.form}>
        <PeoplePicker chosen={people} without={inside} onChoose={setPeople} />
        <HistoryChoice onChoose={setHistory} />
        <p className={css.problem} role="alert">
          {problem}
        </p>
        <Button look="primary" wide disabled={people.size === 0} onClick={() => void invite()}>
          {say('group.inviteThem', { count: people.size })}
        </Button>
      </div>
    </Dialog>
  )
}
