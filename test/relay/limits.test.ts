// Limits: so many at once, so many more each second, and nobody else pays for it.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ClientBody } from '../../src/protocol/frames.ts'
import { Reason } from '../../src/protocol/generated/relay_pb.ts'
import { networkOf } from '../../src/relay/door.ts'
import { createLimit, DEFAULT_LIMITS, type RelayLimits } from '../../src/relay/limits.ts'
import { uuidToBytes } from '../../src/shared/ids.ts'
import { createTestClock } from './clock.ts'
import { dial, hello, join, makePerson, submissionTo } from './device.ts'
import { openRelay } from './open.ts'

test('[P36][P58] never more than the burst and what was refilled since, and never less', () => {
  const waits = fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 60 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 5 }), waits, (burst, perSecond, pauses) => {
      const clock = createTestClock()
      const limit = createLimit(clock, { burst, perSecond }, 10, 'refuse')
      let tokens = burst
      for (const pause of pauses) {
        clock.advance(pause)
        tokens = Math.min(burst, tokens + (pause * perSecond) / 1000)
        const wait = limit.take('alice')
        // Thousandths add up to nearly one: on the edge either answer is right.
        if (Math.abs(tokens - 1) < 1e-9) tokens = wait === 0 ? 0 : tokens
        else {
          expect(wait === 0).toBe(tokens >= 1)
          if (wait === 0) tokens -= 1
          else expect(Math.abs(wait - ((1 - tokens) / perSecond) * 1000)).toBeLessThanOrEqual(1.001)
        }
      }
    }),
  )
})

test('waiting as long as it says is long enough', () => {
  const clock = createTestClock()
  const limit = createLimit(clock, { burst: 6, perSecond: 6 / 600 }, 10, 'refuse')
  for (let taken = 0; taken < 6; taken++) expect(limit.take('alice')).toBe(0)
  const wait = limit.take('alice')
  expect(wait).toBe(100_000)
  clock.advance(wait)
  expect(limit.take('alice')).toBe(0)
})

test('[P36][P103] with its memory full one that guards keys refuses who is new, until it may forget somebody', () => {
  const clock = createTestClock()
  const limit = createLimit(clock, { burst: 2, perSecond: 1 }, 2, 'refuse')
  expect([limit.take('alice'), limit.take('bob')]).toEqual([0, 0])
  expect(limit.take('mallory')).toBeGreaterThan(0)
  expect(limit.take('bob')).toBe(0)
  clock.advance(2000)
  expect(limit.take('mallory')).toBe(0)
})

test('[P36][P58] with its memory full another forgets who was quiet longest, and lets everybody in who is new', () => {
  const clock = createTestClock()
  const limit = createLimit(clock, { burst: 1, perSecond: 1 / 60 }, 2, 'forget')
  expect([limit.take('alice'), limit.take('bob')]).toEqual([0, 0])
  expect(limit.take('alice')).toBeGreaterThan(0)
  expect(limit.take('carol')).toBe(0)
  // Bob was forgotten, and neither Alice, who was heard of since, nor Carol.
  expect([limit.take('alice'), limit.take('carol')].every((wait) => wait > 0)).toBe(true)
  expect(limit.take('bob')).toBe(0)
})

describe('at a relay that can remember nobody more', () => {
  const once = { burst: 1, perSecond: 1 / 3600 }

  async function crowded(limits: Partial<RelayLimits>) {
    const access = { loopbackOnly: false, proxyInFront: true, invitations: 'open' as const }
    const relay = await openRelay({ limits: { ...DEFAULT_LIMITS, mostRemembered: 2, ...limits }, access })
    const from = (address: string) => ({ url: relay.url, headers: { 'x-forwarded-for': address } })
    return { relay, from }
  }

  test('[P36] people at addresses that it has not seen register, and submit', async () => {
    const { from } = await crowded({ registrations: once, submissions: once })
    for (const name of ['alice', 'bob', 'carol', 'dave']) {
      const person = makePerson(name)
      const line = await join(from(`192.0.2.${name.length}${name.charCodeAt(0) % 10}`), person)
      await line.expect({ case: 'submit', value: submissionTo(person, 'note') }, 'staleDevices')
    }
  })

  test('[P36][P103] keys, names and codes are refused to whoever is new', async () => {
    const { from } = await crowded({ keyFetches: once, lookUps: once, joinings: once, rendezvous: once })
    const people = ['alice', 'bob', 'carol'].map((name) => makePerson(name))
    const target = makePerson('dave')
    await join(from('192.0.2.1'), target)
    const asks: ClientBody[] = [
      { case: 'fetchKeys', value: { account: uuidToBytes(target.account), devices: [] } },
      { case: 'lookUp', value: { username: 'alice' } },
      { case: 'joinRendezvous', value: { code: 'ABCDEFGH' } },
    ]
    const reasons: unknown[] = []
    for (const person of people) {
      const line = await join(from('192.0.2.1'), person)
      for (const body of asks) {
        const answered = await line.ask(body)
        reasons.push(answered.case === 'refused' ? answered.value.reason : answered.case)
      }
    }
    expect(reasons.slice(-3)).toEqual(Array(3).fill(Reason.TOO_MANY_REQUESTS))
    expect(reasons.slice(0, 6)).not.toContain(Reason.TOO_MANY_REQUESTS)
    const opened: unknown[] = []
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) {
      const line = await dial(from(address))
      await hello(line)
      opened.push((await line.ask({ case: 'openRendezvous', value: {} })).case)
    }
    expect(opened).toEqual(['rendezvousOpened', 'rendezvousOpened', 'refused'])
  })

  test('[P36][P103] one network of IPv6 is one address', async () => {
    const { from } = await crowded({ rendezvous: once })
    const opened: unknown[] = []
    for (const address of ['2001:db8:1:2::1', '2001:db8:1:2:ffff::2', '2001:db8:1:3::1']) {
      const line = await dial(from(address))
      await hello(line)
      opened.push((await line.ask({ case: 'openRendezvous', value: {} })).case)
    }
    expect(opened).toEqual(['rendezvousOpened', 'refused', 'rendezvousOpened'])
  })
})

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::FFFF:c000:207', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['64:ff9b::192.0.2.7', '192.0.2.7'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['unknown', 'unknown'],
  ['', ''],
])('%j counts as %j', (address, network) => {
  expect(networkOf(address)).toBe(network)
})
