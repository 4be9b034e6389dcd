// How a group is protected: its keys, the link into it, and the switch that owners have.

import type { Group } from '../../../shared/model.ts'
import { request } from '../../store/ask.ts'
import { arrange } from '../../store/desk.ts'
import { say } from '../../text/say.ts'
import { shortTime } from '../../text/times.ts'
import { Button } from '../../ui/button.tsx'
import { MINUTE, useNow } from '../../ui/now.ts'
import { Card, Fact } from '../details/card.tsx'
import css from './group.module.css'

export function EncryptionCard({ group }: { group: Group }) {
  const now = useNow(MINUTE)
  const { conversation, summary } = group
  const words = {
    required: 'group.encryption.required',
    optional: 'group.encryption.optional',
    off: 'group.encryption.off',
  } as const
  return (
    <>
      <Card
        title={say('details.security')}
        action={
          summary.role === 'owner' && (
            <button
              type="button"
              className={css.link}
              onClick={() => arrange({ dialog: { kind: 'group-encryption', id: conversation } })}
            >
              {say('group.change')}
            </button>
          )
        }
      >
        <Fact name={say('details.encryption')}>{say(words[summary.encryption])}</Fact>
        <Fact name={say('group.epoch')}>
          {say('group.epochSince', { epoch: summary.epoch, time: shortTime(group.epochOpenedAt, now) })}
        </Fact>
        {summary.marked && <Fact name={say('group.next')}>{say('group.nextNewKeys')}</Fact>}
      </Card>
      <div className={css.section}>
        <div className={css.buttons}>
          <Button small disabled={summary.marked} onClick={() => request('rotateKeys', { conversation })}>
            {say('group.rotate')}
          </Button>
          {group.may.includes('approve') && (
            <Button small onClick={() => request('setGroupLink', { conversation, on: !group.link })}>
              {say(group.link ? 'group.linkOff' : 'group.linkOn')}
            </Button>
          )}
          {group.link && (
            <Button small onClick={() => arrange({ dialog: { kind: 'group-link', id: conversation } })}>
              {say('group.linkShow')}
            </Button>
          )}
        </div>
      </div>
    </>
  )
}
