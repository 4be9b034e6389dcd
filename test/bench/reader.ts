// The device that is written to, in a process of its own: it tells when the row of a message was committed.
//
// reader.ts FILE RELAY: says { ready: true } once it is online, then { storedAt } for each message, in nanoseconds of the clock
// that all processes of this computer share.

import { systemClock } from '../../src/host/clock.ts'
import { createWire } from '../../src/host/wire.ts'
import { isOnline, openDesk } from './acquaintances.ts'

const [file = '', relay = ''] = process.argv.slice(2)
const desk = await openDesk(file, createWire(systemClock), relay)
await isOnline(desk)
desk.messenger.onChange(({ changes }) => {
  const storedAt = process.hrtime.bigint()
  if (changes.some((change) => change.kind === 'message' && !change.message.own))
    process.send?.({ storedAt: String(storedAt) })
})
process.on('disconnect', () => process.exit())
process.send?.({ ready: true })
