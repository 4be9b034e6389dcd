// Dialogs of a group with one question each: its title and picture, its link, its encryption.

import { useEffect, useState } from 'react'
import type { ConversationId } from '../../../shared/ids.ts'
import { MAX_NAME_LENGTH } from '../../../shared/limits.ts'
import type { GroupEncryption } from '../../../shared/model.ts'
import { readName } from '../../../shared/typed.ts'
import { ask } from '../../store/ask.ts'
import { closeDialog } from '../../store/desk.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { Banner } from '../../ui/banner.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Field } from '../../ui/field.tsx'
import { UnlockedIcon } from '../../ui/icons.tsx'
import { QrCode } from '../../ui/qr-code.tsx'
import { useGroupPicture } from '../people/pictures.ts'
import { Choice } from '../settings/choice.tsx'
import css from './group.module.css'
import { GroupPictureField } from './picture-field.tsx'
import { useGroup } from './use-group.ts'

interface OfGroup {
  readonly conversation: ConversationId
}

export function GroupDetailsDialog({ conversation }: OfGroup) {
  const group = useGroup(conversation)
  const [title, setTitle] = useState<string>()
  const [description, setDescription] = useState<string>()
  const [picture, setPicture] = useState<string | null>()
  const shown = useGroupPicture(conversation, group?.summary.avatar ?? null)
  const [problem, setProblem] = useState<string>()

  async function save() {
    const named = readName(title ?? group?.summary.title ?? '')
    if (named === undefined) return setProblem(say('group.titleBad'))
    const saved = await ask('updateGroupDetails', {
      conversation,
      title: named,
      description: description ?? group?.description ?? '',
      picture,
    })
    if (saved.ok || saved.failure.code === 'already-so') closeDialog()
    else setProblem(failureSentence(saved.failure))
  }

  return (
    <Dialog title={say('group.edit')} onClose={closeDialog}>
      <div className={css.form}>
        {group && (
          <GroupPictureField
            group={group.summary.id}
            title={title ?? group.summary.title}
            before={shown}
            chosen={picture}
            onChoose={setPicture}
          />
        )}
        <Field
          label={say('group.title')}
          data-begins-here
          value={title ?? group?.summary.title ?? ''}
          maxLength={MAX_NAME_LENGTH}
          autoComplete="off"
          dir="auto"
          onChange={(event) => setTitle(event.target.value)}
        />
        <label className={css.label}>
          {say('group.description')}
          <textarea
            className={css.area}
            value={description ?? group?.description ?? ''}
            maxLength={1024}
            autoComplete="off"
            dir="auto"
            onChange={(event) => setDescription(event.target.value)}
          />
        </label>
        <p className={css.problem} role="alert">
          {problem}
        </p>
        <Button look="primary" wide onClick={() => void save()}>
          {say('group.save')}
        </Button>
      </div>
    </Dialog>
  )
}

export function GroupLinkDialog({ conversation }: OfGroup) {
  const [link, setLink] = useState<string>()
  const [problem, setProblem] = useState<string>()
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    void ask('getGroupLink', { conversation }).then((answer) =>
      answer.ok ? setLink(answer.value.link) : setProblem(failureSentence(answer.failure)),
    )
  }, [conversation])
  return (
    <Dialog title={say('group.linkTitle')} text={say('group.linkText')} onClose={closeDialog}>
      <div className={css.form}>
        <p className={css.problem} role="alert">
          {problem}
        </p>
        {link !== undefined && (
          <>
            <QrCode text={link} label={say('group.linkTitle')} />
            <p className={css.code} dir="ltr">
              {link}
            </p>
            <Button
              look="primary"
              wide
              onClick={() => void navigator.clipboard.writeText(link).then(() => setCopied(true))}
            >
              <span role="status">{say(copied ? 'action.copied' : 'invite.copy')}</span>
            </Button>
          </>
        )}
      </div>
    </Dialog>
  )
}

/** Switching it off is loud: for everyone, and the relay reads along from then on. */
export function GroupEncryptionDialog({ conversation }: OfGroup) {
  const group = useGroup(conversation)
  const [wanted, setWanted] = useState<GroupEncryption>()
  const [problem, setProblem] = useState<string>()
  const now = group?.summary.encryption ?? 'required'
  const chosen = wanted ?? now

  async function change() {
    const changed = await ask('setGroupEncryption', { conversation, encryption: chosen })
    if (changed.ok) closeDialog()
    else setProblem(failureSentence(changed.failure))
  }

  return (
    <Dialog title={say('group.encryption')} onClose={closeDialog}>
      <div className={css.form}>
        <Choice
          label={say('group.encryption')}
          value={chosen}
          options={[
            { value: 'required', label: say('group.encryption.required') },
            { value: 'optional', label: say('group.encryption.optional') },
            { value: 'off', label: say('group.encryption.off') },
          ]}
          onChoose={setWanted}
        />
        {chosen !== 'required' && chosen !== now && (
          <Banner
            tone="danger"
            icon={<UnlockedIcon />}
            title={say(chosen === 'off' ? 'group.offTitle' : 'group.optionalTitle')}
            text={say(chosen === 'off' ? 'group.offText' : 'group.optionalText')}
          />
        )}
        <p className={css.problem} role="alert">
          {problem}
        </p>
        <Button
          look={chosen === 'required' ? 'primary' : 'danger'}
          wide
          disabled={chosen === now}
          onClick={() => void change()}
        >
          {say(chosen === 'required' ? 'group.encryptAgain' : 'group.letRelayRead')}
        </Button>
      </div>
    </Dialog>
  )
}
