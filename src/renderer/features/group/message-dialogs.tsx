// Who can read a message of a group; and why one cannot read it oneself.

import { useEffect, useState } from 'react'
import type { Answer } from '../../../shared/answer.ts'
import type { CallOutput } from '../../../shared/api.ts'
import type { MessageId } from '../../../shared/ids.ts'
import { ask } from '../../store/ask.ts'
import { closeDialog } from '../../store/desk.ts'
import { failureSentence } from '../../text/failures.ts'
import { shownName } from '../../text/plain.ts'
import { say } from '../../text/say.ts'
import { shortTime, timeOfDay } from '../../text/times.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { SECOND, useNow } from '../../ui/now.ts'
import css from './group.module.css'

const has = {
  told: 'group.device.told',
  confirmed: 'group.device.confirmed',
  'not-yet': 'group.device.notYet',
  entitled: 'group.device.entitled',
} as const

export function ReadersDialog({ message }: { message: MessageId }) {
  const [read, setRead] = useState<Answer<CallOutput<'getReaders'>>>()
  // Once: it may ask the relay for devices.
  useEffect(() => void ask('getReaders', { message }).then(setRead), [message])
  const readers = read?.ok ? read.value.readers : []
  const isReadable = read?.ok === true && readers.length === 0
  return (
    <Dialog title={say('group.readers')} onClose={closeDialog}>
      {read?.ok === false && <p role="alert">{failureSentence(read.failure)}</p>}
      {isReadable && <p>{say('group.readersEverybody')}</p>}
      {read?.ok && !isReadable && (
        <p className={css.fact}>{say('group.readersText', { epoch: read.value.epoch ?? 1 })}</p>
      )}
      <ul className={css.rows}>
        {readers.map(({ person, devices }) => (
          <li key={person.account} className={css.row}>
            <bdi className={css.grow}>{shownName(person.name)}</bdi>
            <span className={css.fact}>
              {devices.length === 0
                ? say('group.device.unknown')
                : devices.map((one) => say(has[one.has], { device: one.device })).join(', ')}
            </span>
          </li>
        ))}
      </ul>
    </Dialog>
  )
}

export function MissingKeyDialog({ message }: { message: MessageId }) {
  const [read, lookAgain] = useMissingKey(message)
  const [problem, setProblem] = useState<string>()

  async function again() {
    const asked = await ask('askForKeys', { message })
    if (!asked.ok) return setProblem(failureSentence(asked.failure))
    lookAgain()
  }

  const why = read?.ok ? read.value : undefined
  return (
    <Dialog title={say('group.missing')} onClose={closeDialog}>
      <div className={css.form}>
        {read?.ok === false && <p>{say('group.missingGone')}</p>}
        {why && <p>{say('group.missingText', { name: shownName(why.owner.name), epoch: why.epoch })}</p>}
        {why?.notEntitled && <p>{say('group.missingNotEntitled')}</p>}
        {why && !why.notEntitled && (
          <ul className={css.form}>
            <li>
              {why.askedAt === null ? say('group.notAsked') : say('group.askedAt', { time: timeOfDay(why.askedAt) })}
            </li>
            {why.answering && <li>{say('group.answering', { name: shownName(why.answering.name) })}</li>}
            {why.nextTryAt !== null && <li>{say('group.nextTry', { time: shortTime(why.nextTryAt, Date.now()) })}</li>}
          </ul>
        )}
        <p className={css.problem} role="alert">
          {problem}
        </p>
        {why && !why.notEntitled && (
          <Button look="primary" wide onClick={() => void again()}>
            {say('group.askAgain')}
          </Button>
        )}
      </div>
    </Dialog>
  )
}

/** Asked for again every few seconds, and when it is said so: who answers, and when, changes while one looks. */
function useMissingKey(message: MessageId) {
  const [read, setRead] = useState<Answer<CallOutput<'getMissingKey'>>>()
  const [asked, setAsked] = useState(0)
  const now = useNow(5 * SECOND)
  // biome-ignore lint/correctness/useExhaustiveDependencies: that time has passed is why it is asked again
  useEffect(() => {
    let gone = false
    void ask('getMissingKey', { message }).then((answer) => {
      if (!gone) setRead(answer)
    })
    return () => {
      gone = true
    }
  }, [message, now, asked])
  return [read, () => setAsked((times) => times + 1)] as const
}
