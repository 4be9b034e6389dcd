// The link by which people ask to join, for whoever may approve them; members see it where there is one.

import type { Group } from '../../../shared/model.ts'
import { request } from '../../store/ask.ts'
import { arrange } from '../../store/desk.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import css from './group.module.css'

export function LinkCard({ group }: { group: Group }) {
  const { conversation, link } = group
  const maySwitch = group.may.includes('approve')
  if (!link && !maySwitch) return null
  return (
    <section className={css.section} aria-label={say('group.linkTitle')}>
      <h3 className={css.title}>
        {say('group.linkTitle')}
        {link && maySwitch && (
          <button
            type="button"
            className={css.link}
            onClick={() => request('setGroupLink', { conversation, on: false })}
          >
            {say('group.linkOff')}
          </button>
        )}
      </h3>
      <p className={css.fact}>{say(link ? 'group.linkText' : 'group.linkNone')}</p>
      <div className={css.buttons}>
        {link ? (
          <Button wide small onClick={() => arrange({ dialog: { kind: 'group-link', id: conversation } })}>
            {say('group.linkShow')}
          </Button>
        ) : (
          <Button wide small onClick={() => request('setGroupLink', { conversation, on: true })}>
            {say('group.linkOn')}
          </Button>
        )}
      </div>
    </section>
  )
}
