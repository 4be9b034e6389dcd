// What every relay store promises about what is scheduled: docs/storage.md [S10], as stories. Runs against each implementation.

import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { MAILBOX_RETENTION } from '../../src/protocol/limits.ts'
import { SCHEDULED_BYTES, SCHEDULED_OF_ONE } from '../../src/relay/limits.ts'
import type { NewAccount, RelayStore, Submission } from '../../src/relay/store.ts'
import type { Instant } from '../../src/shared/ids.ts'
import { device, deviceList, listed, makeAccount, NOW, submission, text } from './relay-store.suite.ts'

const HOUR = 3_600_000
const later = (milliseconds: number) => (NOW + milliseconds) as Instant

export function describeScheduled(
  open: (...people: NewAccount[]) => Promise<{ store: RelayStore; reopen(): Promise<RelayStore> }>,
): void {
  async function begun() {
    const [alice, bob] = [makeAccount('alice'), makeAccount('bobby')]
    return { alice, bob, ...(await open(alice, bob)) }
  }
  const keyOf = ({ recipient, sender, submission: id }: Submission) => ({ recipient, sender, submission: id })

  describe('scheduled', () => {
    test('[S10][P160] it is in no mailbox before it is released, and then behind what is there', async () => {
      const { alice, bob, store, reopen } = await begun()
      expect(await store.nextDue()).toBeUndefined()
      const tomorrow = submission(alice, bob, 'tomorrow')
      const today = submission(alice, bob, 'today')
      expect(await store.schedule(tomorrow, later(24 * HOUR), NOW)).toMatchObject({ outcome: 'accepted', placed: [] })
      expect(await store.schedule(today, later(HOUR), NOW)).toMatchObject({ outcome: 'accepted' })
      await store.append(submission(alice, bob, 'now'), NOW)
      expect(text(await store.read(bob, 0, 10))).toEqual(['now'])
      expect(await store.mailboxState(bob)).toMatchObject({ held: 1 })

      const again = await reopen()
      expect(await again.nextDue()).toBe(later(HOUR))
      expect(await again.accountsDue(later(HOUR - 1), 10)).toEqual([])
      expect(await again.releaseDue(bob.account, later(HOUR - 1), 10)).toEqual([])
      expect(await again.accountsDue(later(HOUR), 10)).toEqual([bob.account])
      const [placed] = await again.releaseDue(bob.account, later(HOUR + 5), 10)
      expect(placed).toMatchObject({ device: 1, envelope: { senderDevice: 1, takenAt: later(HOUR + 5) } })
      const read = await again.read(bob, 0, 10)
      expect(text(read)).toEqual(['now', 'today'])
      expect(read.at(-1)).toMatchObject({ position: placed?.envelope.position, takenAt: later(HOUR + 5) })
      expect(read.at(-1)?.sender).toEqual(read[0]?.sender)
      expect(await again.mailboxState(bob)).toMatchObject({ held: 2, heldBytes: 8 })
      expect(await again.nextDue()).toBe(later(24 * HOUR))
      await again.acknowledge(
        bob,
        read.map(({ position }) => position),
      )
      expect(await again.mailboxState(bob)).toMatchObject({ held: 0, heldBytes: 0 })
    })

    test('[S10][S5] what is due is released once, by however many at once, in the order it is due', async () => {
      const { alice, bob, store } = await begun()
      const due = Array.from({ length: 20 }, (_, index) => index).toSorted((a, b) => (a % 7) - (b % 7) || a - b)
      for (const minute of due) await store.schedule(submission(alice, bob, `${minute}`), later(minute), NOW)
      const all = await Promise.all([
        ...Array.from({ length: 8 }, () => store.releaseDue(bob.account, later(HOUR), 5)),
        ...Array.from({ length: 5 }, () => store.append(submission(alice, bob, 'between'), later(HOUR))),
      ])
      expect(all.flatMap((one) => (Array.isArray(one) ? one : []))).toHaveLength(20)
      const read = await store.read(bob, 0, 100)
      expect(text(read).filter((one) => one !== 'between')).toEqual(
        Array.from({ length: 20 }, (_, index) => `${index}`),
      )
      expect(new Set(read.map(({ position }) => position)).size).toBe(25)
    })

    test('[S10][P51][S4] the same submission is taken once, scheduled or not, before its time and after', async () => {
      const { alice, bob, store, reopen } = await begun()
      const message = submission(alice, bob)
      const twice = await Promise.all([
        store.schedule(message, later(HOUR), NOW),
        store.schedule(message, later(HOUR), NOW),
      ])
      expect(twice.map(({ outcome }) => outcome).toSorted()).toEqual(['accepted', 'duplicate'])
      expect(await store.append(message, later(1))).toMatchObject({ outcome: 'duplicate' })
      await store.releaseDue(bob.account, later(HOUR), 10)
      const again = await reopen()
      expect(await again.schedule(message, later(HOUR), NOW)).toMatchObject({ outcome: 'duplicate' })
      expect(await again.append(message, later(2 * HOUR))).toMatchObject({ outcome: 'duplicate' })
      expect(await again.read(bob, 0, 10)).toHaveLength(1)
      // Its id outlives it: it counts from when it was due.
      await again.expire(bob.account, later(HOUR), later(HOUR))
      expect(await again.append(message, later(3 * HOUR))).toMatchObject({ outcome: 'duplicate' })
    })

    test('[S10][P162] what is cancelled is cancelled for good, and only its sender can do that', async () => {
      const { alice, bob, store, reopen } = await begun()
      const message = submission(alice, bob)
      await store.schedule(message, later(HOUR), NOW)
      expect(await store.cancelScheduled({ ...keyOf(message), sender: bob.account })).toBe(false)
      expect(await store.cancelScheduled({ ...keyOf(message), recipient: alice.account })).toBe(false)
      expect(await store.cancelScheduled(keyOf(message))).toBe(true)
      const again = await reopen()
      expect(await again.cancelScheduled(keyOf(message))).toBe(true)
      expect(await again.nextDue()).toBeUndefined()
      expect(await again.releaseDue(bob.account, later(2 * HOUR), 10)).toEqual([])
      expect(await again.append(message, later(HOUR))).toMatchObject({ outcome: 'duplicate' })
      expect(await again.scheduledFrom(bob.account, alice.account, 10)).toEqual([])
      // After as long as ids are remembered nothing is left of it.
      const past = later(3 * MAILBOX_RETENTION)
      await again.expire(bob.account, past, past)
      expect(await again.cancelScheduled(keyOf(message))).toBe(false)
    })

    test('[S10][P162] of cancelling and releasing at once, one happens', async () => {
      const { alice, bob, store } = await begun()
      for (let round = 0; round < 10; round++) {
        const message = submission(alice, bob, `${round}`)
        await store.schedule(message, later(round), NOW)
        const release = () => store.releaseDue(bob.account, later(HOUR), 10)
        const cancel = () => store.cancelScheduled(keyOf(message))
        const [released, cancelled] =
          round % 2 === 0
            ? await Promise.all([release(), cancel()])
            : await Promise.all([cancel(), release()]).then(([a, b]) => [b, a] as const)
        expect(released.length).toBe(cancelled ? 0 : 1)
      }
    })

    test('[S10][P161] it has to fit the devices and the room, and there is only so much of it', async () => {
      const { alice, bob, store } = await begun()
      const carol = makeAccount('carol')
      await store.register(carol, NOW)
      const stale = { ...submission(alice, bob), envelopes: [] }
      expect(await store.schedule(stale, later(HOUR), NOW)).toMatchObject({ outcome: 'stale', stale: { missing: [1] } })
      expect(await store.schedule(submission(alice, makeAccount('nobody')), later(HOUR), NOW)).toEqual({
        outcome: 'no-such-account',
      })
      const many = Array.from({ length: SCHEDULED_OF_ONE + 5 }, () => submission(alice, bob))
      const outcomes = await Promise.all(many.map((one) => store.schedule(one, later(HOUR), NOW)))
      expect(outcomes.filter(({ outcome }) => outcome === 'accepted')).toHaveLength(SCHEDULED_OF_ONE)
      expect(outcomes.filter(({ outcome }) => outcome === 'full')).toHaveLength(5)
      // Somebody else's find room, until it is too many bytes.
      const large = () => store.schedule(submission(carol, bob, randomBytes(SCHEDULED_BYTES / 2)), later(HOUR), NOW)
      expect((await large()).outcome).toBe('accepted')
      expect((await large()).outcome).toBe('full')
      // What is cancelled is no more.
      const [first] = many
      if (first === undefined) throw new Error('many are none')
      expect(await store.cancelScheduled(keyOf(first))).toBe(true)
      expect((await store.schedule(submission(alice, bob), later(HOUR), NOW)).outcome).toBe('accepted')
      // For others nothing has changed.
      expect((await store.append(submission(alice, bob), NOW)).outcome).toBe('accepted')
    })

    test('[S10][P50] devices that are gone by then are left out, and an account takes all with it', async () => {
      const alice = makeAccount('alice')
      const bob = makeAccount('bobby', listed(1), listed(2))
      const { store } = await open(alice, bob)
      await store.schedule(submission(alice, bob, 'for both'), later(HOUR), NOW)
      await store.schedule(submission(alice, bob, 'much later'), later(9 * HOUR), NOW)
      expect(await store.scheduledFrom(bob.account, alice.account, 3)).toMatchObject([
        { device: 1, size: 8, takenAt: NOW, dueAt: later(HOUR) },
        { device: 2, size: 8, dueAt: later(HOUR) },
        { device: 1, size: 10, dueAt: later(9 * HOUR) },
      ])
      await store.replaceDeviceList(bob.account, deviceList(2, listed(2), listed(3)))
      const placed = await store.releaseDue(bob.account, later(HOUR), 10)
      expect(placed.map((one) => one.device)).toEqual([2])
      expect(text(await store.read({ ...bob, device: device(2) }, 0, 10))).toEqual(['for both'])
      await store.eraseAccount(bob.account)
      expect(await store.nextDue()).toBeUndefined()
      await store.register(bob, NOW)
      expect(await store.releaseDue(bob.account, later(99 * HOUR), 10)).toEqual([])
      expect(await store.scheduledFrom(bob.account, alice.account, 10)).toEqual([])
    })
  })
}
