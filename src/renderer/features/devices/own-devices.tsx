// The person's devices: which there are, what they are called, and how one is removed.

import { useState } from 'react'
import type { OwnDevice } from '../../../shared/model.ts'
import { request } from '../../store/ask.ts'
import { arrange } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { deviceName } from '../../text/devices.ts'
import { say } from '../../text/say.ts'
import { shortTime } from '../../text/times.ts'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import { MINUTE, useNow } from '../../ui/now.ts'
import css from './own-devices.module.css'

export function OwnDevices() {
  const devices = useMirror((mirror) => mirror.devices)
  return (
    <ul className={css.devices}>
      {devices.map((device) => (
        <Device key={device.device} device={device} />
      ))}
    </ul>
  )
}

function Device({ device }: { device: OwnDevice }) {
  const [naming, setNaming] = useState(false)
  const name = deviceName(device)
  return (
    <li className={css.device}>
      <div className={css.words}>
        <strong className={css.name} dir="auto">
          {name}
        </strong>
        <Activity device={device} />
      </div>
      {!naming && (
        <div className={css.buttons}>
          <Button small aria-label={say('devices.renameWhich', { name })} onClick={() => setNaming(true)}>
            {say('devices.rename')}
          </Button>
          {!device.here && (
            <Button
              small
              look="danger"
              aria-label={say('devices.removeWhich', { name })}
              onClick={() => arrange({ dialog: { kind: 'remove-device', device: device.device } })}
            >
              {say('devices.remove')}
            </Button>
          )}
        </div>
      )}
      {naming && <Naming device={device} onDone={() => setNaming(false)} />}
    </li>
  )
}

function Activity({ device: { here, heardAt, addedAt } }: { device: OwnDevice }) {
  const now = useNow(MINUTE)
  if (here) return <span className={css.here}>{say('devices.here')}</span>
  const words =
    heardAt === null
      ? say('devices.neverHeard', { time: shortTime(addedAt, now) })
      : say('devices.heard', { time: shortTime(heardAt, now) })
  return <span className={css.quiet}>{words}</span>
}

function Naming({ device, onDone }: { device: OwnDevice; onDone: () => void }) {
  const [name, setName] = useState(device.name ?? '')
  return (
    <form
      className={css.naming}
      onSubmit={(event) => {
        event.preventDefault()
        if (name.trim() !== '') request('renameDevice', { device: device.device, name: name.trim() })
        onDone()
      }}
    >
      <Field
        label={say('devices.name')}
        value={name}
        maxLength={64}
        onChange={(event) => setName(event.target.value)}
        autoFocus
        dir="auto"
        autoComplete="off"
      />
      <div className={css.buttons}>
        <Button small onClick={onDone}>
          {say('action.cancel')}
        </Button>
        <Button small look="primary" type="submit">
          {say('action.done')}
        </Button>
      </div>
    </form>
  )
}
