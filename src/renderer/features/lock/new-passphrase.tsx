// A passphrase that is chosen: typed twice, because nobody sees what they type.

import { MIN_PASSPHRASE_LENGTH } from '../../../shared/limits.ts'
import { isPassphrase } from '../../../shared/typed.ts'
import { say } from '../../text/say.ts'
import { Field } from '../../ui/field.tsx'

export interface TypedTwice {
  readonly typed: string
  readonly again: string
}

interface NewPassphraseProps {
  readonly value: TypedTwice
  readonly onChange: (value: TypedTwice) => void
  readonly problem: string | undefined
  /** Takes the focus when its dialog opens. */
  readonly first?: boolean
}

const COUNT = { count: MIN_PASSPHRASE_LENGTH }

/** Undefined: it can be taken. */
export function newPassphraseProblem({ typed, again }: TypedTwice): string | undefined {
  if (!isPassphrase(typed)) return say('lock.tooShort', COUNT)
  return typed === again ? undefined : say('lock.different')
}

export function NewPassphrase({ value, onChange, problem, first }: NewPassphraseProps) {
  return (
    <>
      <Field
        label={say('lock.new')}
        hint={say('lock.newHint', COUNT)}
        problem={problem}
        type="password"
        value={value.typed}
        onChange={(event) => onChange({ ...value, typed: event.target.value })}
        autoComplete="new-password"
        maxLength={256}
        dir="auto"
        {...(first ? { 'data-begins-here': true } : {})}
      />
      <Field
        label={say('lock.again')}
        type="password"
        value={value.again}
        onChange={(event) => onChange({ ...value, again: event.target.value })}
        autoComplete="new-password"
        maxLength={256}
        dir="auto"
      />
    </>
  )
}
