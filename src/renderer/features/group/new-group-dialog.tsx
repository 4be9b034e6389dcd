// Makes a group: what it is called, who is invited, and what holds in it.

import { useState } from 'react'
import type { AccountId } from '../../../shared/ids.ts'
import { MAX_GROUP_MEMBERS, MAX_NAME_LENGTH } from '../../../shared/limits.ts'
import type { GroupEncryption } from '../../../shared/model.ts'
import { readName } from '../../../shared/typed.ts'
import { ask, openConversation } from '../../store/ask.ts'
import { arrange, closeDialog } from '../../store/desk.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Field } from '../../ui/field.tsx'
import { Choice } from '../settings/choice.tsx'
import css from './group.module.css'
import { PeoplePicker } from './people-picker.tsx'
import { GroupPictureField } from './picture-field.tsx'

export function NewGroupDialog() {
  const [title, setTitle] = useState('')
  const [description, setDescription] = useState('')
  const [picture, setPicture] = useState<string | null>()
  const [people, setPeople] = useState<ReadonlySet<AccountId>>(new Set())
  const [history, setHistory] = useState<'none' | 'days' | 'all'>('days')
  const [encryption, setEncryption] = useState<GroupEncryption>('required')
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)

  async function make() {
    const named = readName(title)
    if (named === undefined) return setProblem(say('group.titleBad'))
    setBusy(true)
    const made = await ask('createGroup', {
      title: named,
      description,
      picture: picture ?? undefined,
      people: [...people],
      encryption,
      policies: { history: history === 'days' ? { kind: 'days', days: 30 } : { kind: history } },
    })
    setBusy(false)
    if (!made.ok) return setProblem(failureSentence(made.failure))
    arrange({ dialog: null, tab: 'all', search: '' })
    openConversation(made.value.id)
  }

  return (
    <Dialog title={say('group.new')} text={say('group.newText')} onClose={closeDialog}>
      <div className={css.form}>
        <GroupPictureField group="" title={title} chosen={picture} onChoose={setPicture} />
        <Field
          label={say('group.title')}
          data-begins-here
          value={title}
          maxLength={MAX_NAME_LENGTH}
          autoComplete="off"
          dir="auto"
          onChange={(event) => setTitle(event.target.value)}
        />
        <label className={css.label}>
          {say('group.description')}
          <textarea
            className={css.area}
            value={description}
            maxLength={1024}
            autoComplete="off"
            dir="auto"
            onChange={(event) => setDescription(event.target.value)}
          />
        </label>
        <PeoplePicker chosen={people} without={new Set()} room={MAX_GROUP_MEMBERS - 1} onChoose={setPeople} />
        <Choice
          label={say('group.historyPolicy')}
          value={history}
          options={[
            { value: 'none', label: say('group.historyPolicy.none') },
            { value: 'days', label: say('group.historyPolicy.days', { days: 30 }) },
            { value: 'all', label: say('group.historyPolicy.all') },
          ]}
          onChoose={setHistory}
        />
        <Choice
          label={say('group.encryption')}
          value={encryption}
          options={[
            { value: 'required', label: say('group.encryption.required') },
            { value: 'optional', label: say('group.encryption.optional') },
          ]}
          onChoose={setEncryption}
        />
        <p className={css.problem} role="alert">
          {problem}
        </p>
        <Button look="primary" wide disabled={busy || title.trim() === ''} onClick={() => void make()}>
          {say('group.make')}
        </Button>
      </div>
    </Dialog>
  )
}
