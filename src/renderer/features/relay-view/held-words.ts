// Names what the relay holds, for the table and for the clipboard.

import { unreachable } from '../../../shared/answer.ts'
import type { Held, RelayView } from '../../../shared/model.ts'
import { shownName } from '../../text/plain.ts'
import { say } from '../../text/say.ts'
import { timeWithSeconds } from '../../text/times.ts'

export function heldName(held: Held): string {
  const name = plainName(held)
  return held.count === null ? name : say('relayView.times', { what: name, count: held.count })
}

function plainName(held: Held): string {
  const name = held.with === null ? say('relayView.somebody') : shownName(held.with)
  switch (held.what) {
    case 'envelope-to-me':
      return say('relayView.from', { name })
    case 'envelope-from-me':
      return say('relayView.to', { name })
    case 'scheduled-from-me':
      return say('relayView.scheduled', { name })
    case 'blob':
    case 'unfinished-blob':
    case 'further-blobs':
    case 'one-time-prekeys':
    case 'signed-prekey':
    case 'last-resort-prekey':
    case 'identity-key':
    case 'device-list':
    case 'username':
    case 'last-seen':
      return say(`relayView.${held.what}`)
    default:
      return unreachable(held.what)
  }
}

/** `33 0a 21 05 …`: hex in pairs, at most so many of them. */
export function spaced(hex: string, most: number): string {
  const pairs = hex.match(/../g) ?? []
  return pairs.length > most ? `${pairs.slice(0, most).join(' ')} …` : pairs.join(' ')
}

/** Tab-separated, one line for each thing. */
export function heldAsText(view: RelayView): string {
  const lines = view.held.map((held) =>
    [heldName(held), held.size ?? '', held.at === null ? '' : timeWithSeconds(held.at), held.bytes].join('\t'),
  )
  return [`${view.relay} ${view.address}`, ...lines].join('\n')
}
