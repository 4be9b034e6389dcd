// How far one's own message got: waiting, sent, delivered, read by some in a group, read, or not at all.

import { unreachable } from '../../../shared/answer.ts'
import type { Delivery, Message } from '../../../shared/model.ts'
import { say } from '../../text/say.ts'
import { AlertIcon, CheckIcon, ClockIcon, TwoChecksIcon } from '../../ui/icons.tsx'
import css from './delivery-sign.module.css'

interface DeliverySignProps {
  readonly delivery: Delivery
  /** In a group: whoever has read it, it was delivered to. */
  readonly readBy?: Message['readBy']
}

export function DeliverySign({ delivery, readBy = null }: DeliverySignProps) {
  const some = delivery.state === 'sent' && readBy !== null && readBy.count > 0
  const state = some ? 'delivered' : delivery.state
  const label = some ? say('message.readBySome', { ...readBy }) : say(`message.${state}`)
  return (
    <span className={css.sign} role="img" aria-label={label} title={label} data-delivery={state}>
      <Picture state={state} />
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
