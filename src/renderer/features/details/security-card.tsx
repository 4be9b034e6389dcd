// How a conversation is protected, and whether the safety number was compared.

import { unreachable } from '../../../shared/answer.ts'
import type { Person, PersonConversation } from '../../../shared/model.ts'
import { arrange } from '../../store/desk.ts'
import { say } from '../../text/say.ts'
import { classes } from '../../ui/classes.ts'
import { CheckIcon } from '../../ui/icons.tsx'
import { Card, Fact } from './card.tsx'
import css from './security-card.module.css'

export function SecurityCard({ conversation }: { conversation: PersonConversation }) {
  const { person, kind } = conversation
  const standing = standingWord(conversation)
  const showNumber = () => arrange({ dialog: { kind: 'safety-number', account: person.account } })
  return (
    <Card
      title={say('details.security')}
      action={
        kind === 'person' && (
          <button type="button" className={css.link} onClick={showNumber}>
            {say(person.safety.state === 'verified' ? 'details.view' : 'details.compare')}
          </button>
        )
      }
    >
      <Fact name={say('details.encryption')}>
        <span className={css.good}>{say('details.encryptionOn')}</span>
      </Fact>
      {kind === 'person' && (
        <>
          <Fact name={say('details.safetyNumber')}>
            <SafetyWord person={person} />
          </Fact>
          {standing && <Fact name={say('details.status')}>{standing}</Fact>}
        </>
      )}
    </Card>
  )
}

function SafetyWord({ person }: { person: Person }) {
  switch (person.safety.state) {
    case 'verified':
      return (
        <span className={classes(css.good, css.word)}>
          <CheckIcon />
          {say('details.verified')}
        </span>
      )
    case 'changed':
      return <span className={css.warn}>{say('details.changed')}</span>
    case 'unverified':
      return say('details.unverified')
    default:
      return unreachable(person.safety)
  }
}

/** Nothing where two simply talk. */
function standingWord({ person, state }: PersonConversation): string | null {
  if (person.blocked) return say('details.statusBlocked')
  switch (state) {
    case 'open':
      return null
    case 'incoming-request':
      return say('details.statusIncoming')
    case 'outgoing-request':
      return say('details.statusOutgoing')
    default:
      return unreachable(state)
  }
}
