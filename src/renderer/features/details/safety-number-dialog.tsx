// Sixty digits that two people compare, and the same as a code for a scanner.

import { type FormEvent, useEffect, useState } from 'react'
import type { Answer } from '../../../shared/answer.ts'
import type { CallOutput } from '../../../shared/api.ts'
import type { AccountId } from '../../../shared/ids.ts'
import type { Person } from '../../../shared/model.ts'
import { ask, request } from '../../store/ask.ts'
import { closeDialog } from '../../store/desk.ts'
import { failureSentence } from '../../text/failures.ts'
import { shownName } from '../../text/plain.ts'
import { say } from '../../text/say.ts'
import { dateOf } from '../../text/times.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Field } from '../../ui/field.tsx'
import { QrCode } from '../../ui/qr-code.tsx'
import css from './safety-number-dialog.module.css'
import { usePerson } from './use-person.ts'

type SafetyNumber = Answer<CallOutput<'getSafetyNumber'>>

export function SafetyNumberDialog({ account }: { account: AccountId }) {
  const person = usePerson(account)
  const [number, setNumber] = useState<SafetyNumber>()
  const safety = person?.safety
  // Asked again when the safety number changes while somebody looks at it.
  const changedAt = safety?.state === 'changed' ? safety.at : null
  useEffect(() => {
    let gone = false
    if (changedAt !== undefined) void ask('getSafetyNumber', { account }).then((answer) => gone || setNumber(answer))
    return () => {
      gone = true
    }
  }, [account, changedAt])

  if (!person) return null
  return (
    <Dialog
      title={say('safety.title')}
      text={say('safety.text', { name: shownName(person.name) })}
      onClose={closeDialog}
      className={css.dialog}
    >
      {number?.ok && (
        <>
          <QrCode text={number.value.scannable} label={say('safety.code')} />
          <Digits digits={number.value.digits} />
        </>
      )}
      {!number && <p className={css.note}>{say('safety.loading')}</p>}
      {number?.ok === false && <p role="alert">{failureSentence(number.failure)}</p>}
      <p className={css.note}>
        {safety?.state === 'verified' ? say('safety.verified', { date: dateOf(safety.at) }) : say('safety.explain')}
      </p>
      {number?.ok && <Scanned person={person} />}
      <div className={css.actions}>{number?.ok && <Verdict person={person} digits={number.value.digits} />}</div>
    </Dialog>
  )
}

/** Twelve groups of five, four to a line. */
function Digits({ digits }: { digits: string }) {
  const groups = digits.match(/\d{5}/g) ?? []
  return (
    <ol className={css.digits} dir="ltr">
      {groups.map((group, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the place is what names a group; two may have the same digits
        <li key={place}>{group}</li>
      ))}
    </ol>
  )
}

/** What a scanner read off the other screen, typed or pasted by it. */
function Scanned({ person }: { person: Person }) {
  const [scanned, setScanned] = useState('')
  const [outcome, setOutcome] = useState<{ good: boolean; says: string }>()

  async function check(event: FormEvent) {
    event.preventDefault()
    const checked = await ask('checkScannedSafetyNumber', { account: person.account, scanned })
    if (!checked.ok) return setOutcome({ good: false, says: failureSentence(checked.failure) })
    const { matches, digits } = checked.value
    if (!matches) return setOutcome({ good: false, says: say('safety.notSame') })
    const verified = await ask('setVerified', { account: person.account, verified: true, digits })
    setOutcome(
      verified.ok
        ? { good: true, says: say('safety.same', { name: shownName(person.name) }) }
        : { good: false, says: failureSentence(verified.failure) },
    )
  }

  return (
    <form className={css.scanned} onSubmit={(event) => void check(event)} noValidate>
      <Field
        label={say('safety.scanned')}
        value={scanned}
        onChange={(event) => {
          setScanned(event.target.value)
          setOutcome(undefined)
        }}
        problem={outcome && !outcome.good ? outcome.says : undefined}
        hint={outcome?.good ? outcome.says : undefined}
        autoComplete="off"
        spellCheck={false}
        dir="ltr"
        maxLength={1024}
      />
      <Button type="submit" small disabled={scanned.trim() === ''}>
        {say('safety.check')}
      </Button>
    </form>
  )
}

function Verdict({ person, digits }: { person: Person; digits: string }) {
  const { account } = person
  if (person.safety.state === 'verified') {
    return (
      <Button small onClick={() => request('setVerified', { account, verified: false })}>
        {say('safety.unverify')}
      </Button>
    )
  }
  return (
    <Button
      look="primary"
      small
      onClick={() => {
        request('setVerified', { account, verified: true, digits })
        closeDialog()
      }}
    >
      {say('safety.match')}
    </Button>
  )
}
