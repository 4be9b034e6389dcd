// Writes one chat or all of them where anybody can read them: in which form, and only after the person has said so.

import { useState } from 'react'
import type { ConversationId } from '../../../shared/ids.ts'
import { ask } from '../../store/ask.ts'
import { closeDialog, showNotice } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { CardProblem } from '../../ui/card-screen.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { conversationName } from '../../ui/person-name.tsx'
import { Choice } from '../settings/choice.tsx'
import { Toggle } from '../settings/toggle.tsx'
import css from './export-dialog.module.css'

const formats = ['html', 'json'] as const

export function ExportDialog({ conversation }: { conversation: ConversationId | null }) {
  const row = useMirror((mirror) => (conversation === null ? undefined : mirror.conversations.get(conversation)))
  const [format, setFormat] = useState<(typeof formats)[number]>('html')
  const [understood, setUnderstood] = useState(false)
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)

  async function write() {
    setBusy(true)
    setProblem(undefined)
    const written = await ask('exportHistory', {
      format,
      readableByAnybody: true,
      ...(conversation === null ? {} : { conversation }),
    })
    setBusy(false)
    if (written.ok) {
      showNotice(say('export.done', { count: written.value.messages, place: written.value.path }))
      closeDialog()
    } else if (written.failure.code !== 'cancelled') setProblem(failureSentence(written.failure))
  }

  return (
    <Dialog
      title={row ? say('export.titleOne', { name: conversationName(row) }) : say('export.titleAll')}
      text={say('export.text')}
      onClose={closeDialog}
    >
      <div className={css.form} aria-busy={busy}>
        <Choice
          label={say('export.format')}
          value={format}
          options={formats.map((value) => ({ value, label: say(`export.${value}`) }))}
          onChoose={setFormat}
        />
        <Toggle
          label={say('export.understood')}
          text={say('export.understoodText')}
          on={understood}
          onChange={setUnderstood}
        />
        <CardProblem>{problem}</CardProblem>
        <div className={css.actions}>
          <Button onClick={closeDialog}>{say('action.cancel')}</Button>
          <Button look="primary" disabled={!understood || busy} onClick={() => void write()}>
            {say(busy ? 'export.busy' : 'export.now')}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
