// Sixty digits that two people compare.

import { useEffect, useState } from 'react'
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
      {number?.ok && <Digits digits={number.value.digits} />}
      {!number && <p className={css.note}>{say('safety.loading')}</p>}
      {number?.ok === false && <p role="alert">{failureSentence(number.failure)}</p>}
      <p className={css.note}>
        {safety?.state === 'verified' ? say('safety.verified', { date: dateOf(safety.at) }) : say('safety.explain')}
      </p>
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
