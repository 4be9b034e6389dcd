// Mailboxes over a real socket: what is accepted arrives, in order, once, and is forgotten when acknowledged.

import { describe, expect, test } from 'vitest'
import { comeBack, join, makePerson, submissionTo } from './device.ts'
import { openRelay } from './open.ts'

describe('mailboxes', () => {
  test('[P51][P53][P54] what Alice submits reaches Bob, and is gone once he acknowledged it', async () => {
    const relay = await openRelay()
    const alice = makePerson('alice')
    const bob = makePerson('bob')
    const fromAlice = await join(relay, alice)
    const toBob = await join(relay, bob)

    const accepted = await fromAlice.expect({ case: 'submit', value: submissionTo(bob, 'sealed for Bob') }, 'accepted')
    const [envelope] = await toBob.receive(1)
    expect(Buffer.from(envelope?.content ?? []).toString()).toBe('sealed for Bob')
    expect(envelope?.timeMs).toBe(accepted.timeMs)
    await toBob.acknowledge(envelope === undefined ? [] : [envelope])

    expect(await relay.store.mailboxState(bob)).toMatchObject({ held: 0, heldBytes: 0, lastPosition: 1 })
    await toBob.hangUp()
    const again = await comeBack(relay, bob)
    await again.pushed('caughtUp')
    expect(again.waiting('deliver')).toBe(0)
  })
})
