// Inviting people into a group, with so much of what was said before.

import { useState } from 'react'
import type { CallOutput } from '../../../shared/api.ts'
import type { AccountId, ConversationId } from '../../../shared/ids.ts'
import { MAX_GROUP_MEMBERS } from '../../../shared/limits.ts'
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
  const [busy, setBusy] = useState(false)
  const [went, setWent] = useState<CallOutput<'inviteToGroup'>>()
  const inside = new Set([...(group?.members ?? []), ...(group?.invited ?? [])].map(({ person }) => person.account))

  const room = Math.max(0, MAX_GROUP_MEMBERS - inside.size - (group?.toInvite ?? 0))

  async function invite() {
    setBusy(true)
    const invited = await ask('inviteToGroup', { conversation, people: [...people], history })
    setBusy(false)
    if (!invited.ok) return setProblem(failureSentence(invited.failure))
    if (invited.value.waiting === 0 && invited.value.notInvited === null) closeDialog()
    else setWent(invited.value)
  }

  if (went) {
    return (
      <Dialog title={say('group.invite')} onClose={closeDialog}>
        <div className={css.form}>
          <p>{say('group.invitedNow', { count: went.invited })}</p>
          {went.waiting > 0 && <p>{say('group.invitedLater', { count: went.waiting })}</p>}
          {went.notInvited && (
            <p className={css.problem} role="alert">
              {say('group.notInvited', { count: went.notInvited.people })} {failureSentence(went.notInvited.failure)}
            </p>
          )}
          <Button look="primary" wide onClick={closeDialog}>
            {say('action.close')}
          </Button>
        </div>
      </Dialog>
    )
  }

  return (
    <Dialog title={say('group.invite')} onClose={closeDialog}>
      <div className={css.form}>
        <PeoplePicker chosen={people} without={inside} room={room} onChoose={setPeople} />
        <HistoryChoice onChoose={setHistory} />
        <p className={css.problem} role="alert">
          {problem}
        </p>
        <Button look="primary" wide disabled={busy || people.size === 0} onClick={() => void invite()}>
          {say('group.inviteThem', { count: people.size })}
        </Button>
      </div>
    </Dialog>
  )
}
