// What the relay holds, one line for each thing.

import type { Held } from '../../../shared/model.ts'
import { say } from '../../text/say.ts'
import { timeWithSeconds } from '../../text/times.ts'
import css from './held-table.module.css'
import { heldName, spaced } from './held-words.ts'

/** How many bytes of each thing fit a line. */
const BYTES_SHOWN = 16

export function HeldTable({ held }: { held: readonly Held[] }) {
  if (held.length === 0) return <p className={css.nothing}>{say('relayView.noneHeld')}</p>
  return (
    <div className={css.scroll}>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">{say('relayView.held')}</th>
            <th scope="col" className={css.size}>
              {say('relayView.size')}
            </th>
            <th scope="col">{say('relayView.time')}</th>
            <th scope="col">{say('relayView.bytes')}</th>
          </tr>
        </thead>
        <tbody>
          {held.map((one, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the relay gives these lines no names, and they hold no state
            <tr key={index}>
              <td dir="auto">{heldName(one)}</td>
              <td className={css.size}>{one.size}</td>
              <td>{one.at !== null && timeWithSeconds(one.at)}</td>
              <td className={css.bytes} dir="ltr">
                {spaced(one.bytes, BYTES_SHOWN)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
