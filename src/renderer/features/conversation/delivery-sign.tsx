// How far one's own message got: waiting, sent, delivered, read, or not at all.

import { unreachable } from '../../../shared/answer.ts'
import type { Delivery } from '../../../shared/model.ts'
import { say } from '../../text/say.ts'
import { AlertIcon, CheckIcon, ClockIcon, TwoChecksIcon } from '../../ui/icons.tsx'
import css from './delivery-sign.module.css'

export function DeliverySign({ delivery }: { delivery: Delivery }) {
  const label = say(`message.${delivery.state}`)
  return (
    <span className={css.sign} role="img" aria-label={label} title={label} data-delivery={delivery.state}>
      <Picture state={delivery.state} />
    </span>
  )
}

function Picture({ state }: { state: Delivery['state'] }) {
  switch (state) {
    case 'waiting':
      return <ClockIcon />
    case 'sent':
      return <CheckIcon />
    case 'delivered':
      return <TwoChecksIcon />
    case 'read':
      return <TwoChecksIcon className={css.read} />
    case 'failed':
      return <AlertIcon className={css.failed} />
    default:
      return unreachable(state)
  }
}
