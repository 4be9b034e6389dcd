// How a group is protected: whether it is encrypted, how old its keys are, who was verified; and the switch that owners have.

import type { Group } from '../../../shared/model.ts'
import { request } from '../../store/ask.ts'
import { arrange } from '../../store/desk.ts'
import { say } from '../../text/say.ts'
import { shortTime } from '../../text/times.ts'
import { Button } from '../../ui/button.tsx'
import { MINUTE, useNow } from '../../ui/now.ts'
import { Fact } from '../details/card.tsx'
import css from './group.module.css'

const DAY = 86_400_000

const words = {
  required: 'group.encryption.required',
  optional: 'group.encryption.optional',
  off: 'group.encryption.off',
} as const

export function EncryptionCard({ group }: { group: Group }) {
  const now = useNow(MINUTE)
  const { conversation, summary, policies } = group
  const others = group.members.filter(({ you }) => !you)
  const verified = others.filter(({ person }) => person.safety.state === 'verified').length
  return (
    <section className={css.section} aria-label={say('details.security')}>
      <h3 className={css.title}>
        {say('details.security')}
        {summary.role === 'owner' && (
          <button
            type="button"
            className={css.link}
            onClick={() => arrange({ dialog: { kind: 'group-encryption', id: conversation } })}
          >
            {say('group.change')}
          </button>
        )}
      </h3>
      <dl>
        <Fact name={say('details.encryption')}>{say(words[summary.encryption])}</Fact>
        <Fact name={say('group.keysChanged')}>{shortTime(group.epochOpenedAt, now)}</Fact>
        <Fact name={say('group.keysEvery')}>
          {say('group.days', { count: Math.max(1, Math.round(policies.rotationTime / DAY)) })}
        </Fact>
        <Fact name={say('group.verified')}>{say('group.verifiedOf', { verified, others: others.length })}</Fact>
        {summary.marked && <Fact name={say('group.next')}>{say('group.nextNewKeys')}</Fact>}
      </dl>
      <Button wide small disabled={summary.marked} onClick={() => request('rotateKeys', { conversation })}>
        {say('group.rotate')}
      </Button>
    </section>
  )
}
