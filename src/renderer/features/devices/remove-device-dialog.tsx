// Taking a device off the account: asked once, and after a theft with all that has to follow.

import { useState } from 'react'
import type { DeviceId } from '../../../shared/ids.ts'
import type { KeyReplacement } from '../../../shared/model.ts'
import { ask } from '../../store/ask.ts'
import { arrange } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { deviceName } from '../../text/devices.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Checklist } from './checklist.tsx'
import css from './remove-device.module.css'

/** Back to where the devices are. */
const back = () => arrange({ dialog: { kind: 'settings' } })

export function RemoveDeviceDialog({ device }: { device: DeviceId }) {
  const known = useMirror((mirror) => mirror.devices.find((one) => one.device === device))
  // It is gone from the list as soon as it is removed; its name stays in the title.
  const [name] = useState(() => (known ? deviceName(known) : say('devices.unnamed', { number: device })))
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string>()
  const [replaced, setReplaced] = useState<KeyReplacement>()

  async function remove() {
    setBusy(true)
    const removed = await ask('revokeDevice', { device })
    setBusy(false)
    if (removed.ok) back()
    else setProblem(failureSentence(removed.failure))
  }

  async function replaceKeys() {
    setBusy(true)
    const outcome = await ask('replaceKeys', { revoke: device })
    setBusy(false)
    if (outcome.ok) setReplaced(outcome.value)
    else setProblem(failureSentence(outcome.failure))
  }

  if (replaced)
    return (
      <Dialog title={say('devices.stolenDone', { name })} text={say('devices.stolenDoneText')} onClose={back}>
        <Checklist replaced={replaced} />
        <div className={css.actions}>
          <Button small look="primary" onClick={back}>
            {say('action.done')}
          </Button>
        </div>
      </Dialog>
    )
  return (
    <Dialog title={say('devices.removeTitle', { name })} text={say('devices.removeText')} onClose={back}>
      <p className={css.open}>{say('devices.stolenText')}</p>
      {problem && (
        <p className={css.problem} role="alert">
          {problem}
        </p>
      )}
      <div className={css.actions} aria-busy={busy}>
        <Button small onClick={back}>
          {say('action.cancel')}
        </Button>
        <Button small disabled={busy} onClick={() => void replaceKeys()}>
          {say('devices.stolen')}
        </Button>
        <Button look="danger" small disabled={busy} onClick={() => void remove()}>
          {say('devices.removeConfirm')}
        </Button>
      </div>
    </Dialog>
  )
}
