// A new install that is to become another device of somebody: where, its code, the words, and the account comes in.

import { useState } from 'react'
import { unreachable } from '../../../shared/answer.ts'
import type { Linking } from '../../../shared/model.ts'
import { readDeviceName, readRelayPlace } from '../../../shared/typed.ts'
import { ask, request } from '../../store/ask.ts'
import { useMirror } from '../../store/feed.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { CardProblem, CardScreen } from '../../ui/card-screen.tsx'
import { Field } from '../../ui/field.tsx'
import { Mark } from '../../ui/mark.tsx'
import css from './be-linked.module.css'
import { deviceNameFor } from './device-name.ts'
import { ShownCode } from './shown-code.tsx'
import { Words } from './words.tsx'

export function BeLinked({ onBack }: { onBack: () => void }) {
  const linking = useMirror((mirror) => mirror.linking)

  function back() {
    request('cancelLink', {})
    onBack()
  }

  switch (linking.state) {
    case 'none':
    case 'failed':
      return <Where linking={linking} onBack={back} />
    case 'waiting':
      return (
        <CardScreen title={say('linking.codeTitle')} text={say('linking.codeText')}>
          <ShownCode code={linking.code} link={linking.link} expiresAt={linking.expiresAt} />
          <Button wide onClick={back}>
            {say('action.cancel')}
          </Button>
        </CardScreen>
      )
    case 'comparing':
      return (
        <CardScreen title={say('linking.wordsTitle')} text={say('linking.wordsTextHere')}>
          <Words words={linking.words} />
          <Button wide onClick={back}>
            {say('action.cancel')}
          </Button>
        </CardScreen>
      )
    case 'meeting':
    case 'handing-over':
    case 'done':
      return (
        <CardScreen icon={<Mark className={css.mark} />} title={say('linking.receiving')}>
          <p role="status">{say('linking.receivingText')}</p>
        </CardScreen>
      )
    default:
      return unreachable(linking)
  }
}

/** Where the account is, and what this device is to be called. */
function Where({ linking, onBack }: { linking: Linking & { state: 'none' | 'failed' }; onBack: () => void }) {
  const platform = useMirror((mirror) => mirror.host.platform)
  const [address, setAddress] = useState('')
  const [name, setName] = useState(() => deviceNameFor(platform))
  const [problem, setProblem] = useState<{ field: 'address' | 'name' | 'form'; text: string }>()
  const [busy, setBusy] = useState(false)
  const problemOf = (field: 'address' | 'name' | 'form') => (problem?.field === field ? problem.text : undefined)
  const failed = linking.state === 'failed' ? failureSentence(linking.failure) : undefined

  async function begin() {
    const deviceName = readDeviceName(name)
    if (deviceName === undefined) return setProblem({ field: 'name', text: say('welcome.nameBad') })
    const relay = address.trim() === '' ? ({ kind: 'this-computer' } as const) : readRelayPlace(address)
    if (relay === undefined) return setProblem({ field: 'address', text: say('welcome.addressBad') })
    setProblem(undefined)
    setBusy(true)
    const begun = await ask('beginLink', { relay, deviceName })
    setBusy(false)
    if (!begun.ok) setProblem({ field: 'form', text: failureSentence(begun.failure) })
  }

  return (
    <CardScreen
      icon={<Mark className={css.mark} />}
      title={say('linking.beginTitle')}
      text={say('linking.beginText')}
      busy={busy}
      onSubmit={() => void begin()}
    >
      <Field
        label={say('linking.relay')}
        placeholder={say('welcome.addressHint')}
        hint={say('linking.relayHint')}
        value={address}
        onChange={(event) => setAddress(event.target.value)}
        problem={problemOf('address')}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        autoFocus
        dir="ltr"
      />
      <Field
        label={say('linking.deviceName')}
        value={name}
        onChange={(event) => setName(event.target.value)}
        problem={problemOf('name')}
        autoComplete="off"
        dir="auto"
      />
      <CardProblem>{problemOf('form') ?? (busy ? undefined : failed)}</CardProblem>
      <Button type="submit" look="primary" wide disabled={busy}>
        {say(busy ? 'linking.beginning' : 'linking.showCode')}
      </Button>
      <Button wide disabled={busy} onClick={onBack}>
        {say('action.back')}
      </Button>
    </CardScreen>
  )
}
