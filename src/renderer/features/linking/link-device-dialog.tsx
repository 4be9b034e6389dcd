// Linking another device from this one: its code, the same words on both, and whether they are.

import { type FormEvent, useState } from 'react'
import { unreachable } from '../../../shared/answer.ts'
import type { Linking } from '../../../shared/model.ts'
import { ask, request } from '../../store/ask.ts'
import { closeDialog } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { failureSentence } from '../../text/failures.ts'
import { shownName } from '../../text/plain.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Field } from '../../ui/field.tsx'
import css from './link-device-dialog.module.css'
import { Words } from './words.tsx'

export function LinkDeviceDialog() {
  const linking = useMirror((mirror) => mirror.linking)

  function close() {
    if (linking.state !== 'none') request('cancelLink', {})
    closeDialog()
  }

  return (
    <Dialog title={titleOf(linking)} text={textOf(linking)} onClose={close}>
      <Step linking={linking} onClose={close} />
    </Dialog>
  )
}

function Step({ linking, onClose }: { linking: Linking; onClose: () => void }) {
  switch (linking.state) {
    case 'none':
    case 'failed':
    case 'waiting':
      return <EnterCode failed={linking.state === 'failed' ? failureSentence(linking.failure) : undefined} />
    case 'meeting':
    case 'handing-over':
      return (
        <p className={css.status} role="status">
          {say(linking.state === 'meeting' ? 'linking.meeting' : 'linking.handingOver')}
        </p>
      )
    case 'comparing':
      return (
        <>
          <Words words={linking.words} />
          <p className={css.note}>{say('linking.warning')}</p>
          <div className={css.actions}>
            <Button look="danger" onClick={() => request('confirmLink', { same: false })}>
              {say('linking.differ')}
            </Button>
            <Button look="primary" onClick={() => request('confirmLink', { same: true })}>
              {say('linking.same')}
            </Button>
          </div>
        </>
      )
    case 'done':
      return (
        <div className={css.actions}>
          <Button look="primary" data-begins-here onClick={onClose}>
            {say('action.done')}
          </Button>
        </div>
      )
    default:
      return unreachable(linking)
  }
}

function EnterCode({ failed }: { failed: string | undefined }) {
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)

  async function join(event: FormEvent) {
    event.preventDefault()
    setBusy(true)
    const joined = await ask('joinLink', { code: typed })
    setBusy(false)
    setProblem(joined.ok ? undefined : failureSentence(joined.failure))
  }

  return (
    <form className={css.form} onSubmit={(event) => void join(event)} noValidate>
      <Field
        label={say('linking.typeCode')}
        placeholder={say('linking.codeHint')}
        data-begins-here
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value)
          setProblem(undefined)
        }}
        problem={problem ?? (typed === '' ? failed : undefined)}
        autoComplete="off"
        autoCapitalize="characters"
        spellCheck={false}
        dir="ltr"
        maxLength={1024}
      />
      <Button type="submit" look="primary" wide disabled={busy || typed.trim() === ''}>
        {say(busy ? 'linking.meeting' : 'linking.join')}
      </Button>
    </form>
  )
}

function titleOf(linking: Linking): string {
  if (linking.state === 'comparing') return say('linking.wordsTitle')
  return say(linking.state === 'done' ? 'linking.doneTitle' : 'linking.title')
}

function textOf(linking: Linking): string {
  if (linking.state === 'comparing') return say('linking.wordsText', { device: shownName(linking.deviceName) })
  return say(linking.state === 'done' ? 'linking.doneText' : 'linking.text')
}
