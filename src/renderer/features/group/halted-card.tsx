// A group whose log does not hold together: what is wrong with it, and who was in it as far as it does.

import type { Group } from '../../../shared/model.ts'
import { shownName } from '../../text/plain.ts'
import { say } from '../../text/say.ts'
import css from './group.module.css'

export function HaltedCard({ group }: { group: Group }) {
  if (group.halted === null) return null
  return (
    <>
      <section className={css.section} aria-label={say('group.haltedWhy')}>
        <h3 className={css.title}>{say('group.haltedWhy')}</h3>
        <p>{whatIsWrong(group.halted)}</p>
      </section>
      <section className={css.section} aria-label={say('group.lastMembers')}>
        <h3 className={css.title}>{say('group.lastMembers')}</h3>
        <ul className={css.rows}>
          {group.members.map(({ person }) => (
            <li key={person.account} className={css.fact}>
              <bdi>{shownName(person.name)}</bdi>
            </li>
          ))}
        </ul>
      </section>
    </>
  )
}

/** `why` is the reducer's word for it [P110]. */
function whatIsWrong(why: string): string {
  switch (why) {
    case 'rolled-back':
      return say('group.halted.rolled-back')
    case 'wrong-chain':
    case 'wrong-index':
    case 'wrong-group':
      return say('group.halted.chain')
    case 'bad-signature':
      return say('group.halted.signature')
    case 'not-a-member':
    case 'not-permitted':
    case 'outranked':
      return say('group.halted.role')
    case 'unknown-change':
      return say('group.halted.update')
    default:
      return say('group.halted.other', { why })
  }
}
