// A message that arrived and could not be opened: who was asked for it, and that it heals by itself.

import type { Instant } from '../../../shared/ids.ts'
import type { Person } from '../../../shared/model.ts'
import { shownName } from '../../text/plain.ts'
import { say } from '../../text/say.ts'
import { timeOfDay } from '../../text/times.ts'
import css from './undecryptable.module.css'

export function Undecryptable({ askedAt, person }: { askedAt: Instant | null; person: Person }) {
  const name = shownName(person.name)
  return (
    <span className={css.words}>
      <strong className={css.title}>{say('message.undecryptable')}</strong>
      {askedAt === null
        ? say('message.undecryptableNotAsked', { name })
        : say('message.undecryptableAsked', { name, time: timeOfDay(askedAt) })}
    </span>
  )
}
