// What is done after a theft, and what still waits for somebody.

import type { KeyReplacement } from '../../../shared/model.ts'
import { say } from '../../text/say.ts'
import { CheckIcon, ClockIcon } from '../../ui/icons.tsx'
import css from './remove-device.module.css'

export function Checklist({ replaced }: { replaced: KeyReplacement }) {
  return (
    <ul className={css.steps}>
      {replaced.done.map(({ what, count }) => (
        <li key={`done ${what}`} className={css.step}>
          <CheckIcon className={css.done} />
          {say(`devices.done.${what}`, { count })}
        </li>
      ))}
      {replaced.open.map(({ what, count }) => (
        <li key={`open ${what}`} className={css.step}>
          <ClockIcon className={css.open} />
          {say(`devices.open.${what}`, { count })}
        </li>
      ))}
    </ul>
  )
}
