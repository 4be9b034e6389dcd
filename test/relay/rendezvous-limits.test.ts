// Codes are not to be found by trying them, nor used up by opening them. With several relays each counts by itself.

import { expect, test } from 'vitest'
import { Reason } from '../../src/protocol/generated/relay_pb.ts'
import { DEFAULT_LIMITS } from '../../src/relay/limits.ts'
import { dial, hello, join, makePerson } from './device.ts'
import { openRelay } from './open.ts'

test('[P103] an address opens so many rendezvous, and an account tries so many codes', async () => {
  const relay = await openRelay({
    limits: {
      ...DEFAULT_LIMITS,
      rendezvous: { burst: 2, perSecond: 1 / 60 },
      joinings: { burst: 3, perSecond: 1 / 60 },
    },
  })
  const open = async () => {
    const line = await dial(relay)
    await hello(line)
    return line.ask({ case: 'openRendezvous', value: {} })
  }
  const [opened] = [await open(), await open()]
  expect(await open()).toMatchObject({ value: { reason: Reason.TOO_MANY_REQUESTS } })
  const mallory = await join(relay, makePerson('mallory'))
  const tryIt = (code: string) => mallory.ask({ case: 'joinRendezvous', value: { code } })
  for (const guess of ['00000000', 'ZZZZZZZZ', 'not a code'])
    expect(await tryIt(guess)).toMatchObject({ value: { reason: Reason.NO_SUCH_RENDEZVOUS } })
  const code = opened.case === 'rendezvousOpened' ? opened.value.code : ''
  const refused = await tryIt(code)
  expect(refused).toMatchObject({ value: { reason: Reason.TOO_MANY_REQUESTS } })
  if (refused.case === 'refused') expect(refused.value.retryAfterMs).toBeGreaterThan(0)
})
