// One of two relays is killed under load: its devices go to the other one, nothing is lost, nothing comes twice.

import { beforeEach, describe, expect, test } from 'vitest'
import type { IncomingEnvelope } from '../../src/protocol/generated/relay_pb.ts'
import { uuidToBytes } from '../../src/shared/ids.ts'
import { until } from '../until.ts'
import { comeBack, join, keyUpload, type Line, makePerson, type Person, submissionTo } from './device.ts'
import { temporaryFolder } from './open.ts'
import { postgresForThisFile } from './postgres.ts'
import { type RelayProcess, startRelay } from './process.ts'

const SENDERS = 6
const RECEIVERS = 3
/** From each sender to each receiver. */
const MESSAGES = 15

const server = postgresForThisFile()
let store: string[]

beforeEach(async () => {
  store = ['--store', await server.database()]
})

/** The first one dies at `failpoint`, if it is given. */
async function twoRelays(failpoint?: string): Promise<[RelayProcess, RelayProcess]> {
  return [await startRelay(temporaryFolder(), store, failpoint), await startRelay(temporaryFolder(), store)]
}

/** As a device does: to the first relay that lets it in, again whenever it is cut off, until `work` is done. */
async function staying(relays: readonly RelayProcess[], person: Person, work: (line: Line) => Promise<void>) {
  for (;;) {
    for (const relay of relays) {
      try {
        return await work(await comeBack(relay, person))
      } catch {
        // Gone, or going: to the other one.
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** What one device took, by submission, with every position it ever stood at. */
interface Inbox {
  person: Person
  taken: Map<string, { positions: Set<bigint>; text: string }>
}

function take({ taken }: Inbox, envelopes: readonly IncomingEnvelope[]): void {
  for (const { submission, position, content } of envelopes) {
    const id = Buffer.from(submission).toString('hex')
    const known = taken.get(id) ?? { positions: new Set(), text: Buffer.from(content).toString() }
    taken.set(id, { ...known, positions: known.positions.add(position) })
  }
}

/** Everybody sends to everybody; resolves when all has been accepted and taken. `killer` is called on the way. */
async function exchange(relays: readonly RelayProcess[], killer: (accepted: number) => void = () => {}) {
  const [, survivor] = relays
  if (survivor === undefined) throw new Error('two relays')
  const senders = Array.from({ length: SENDERS }, (_, index) => makePerson(`sender${index}`))
  const inboxes: Inbox[] = Array.from({ length: RECEIVERS }, (_, index) => ({
    person: makePerson(`receiver${index}`),
    taken: new Map(),
  }))
  for (const person of [...senders, ...inboxes.map((inbox) => inbox.person)])
    await (await join(survivor, person)).hangUp()
  let accepted = 0
  const preferring = (index: number) => (index % 2 === 0 ? relays : relays.toReversed())
  const sending = senders.map((sender, index) => {
    const outbox = Array.from({ length: MESSAGES }, (_, number) =>
      inboxes.map(({ person }) => submissionTo(person, `${sender.username} ${number}`)),
    ).flat()
    return staying(preferring(index), sender, async (line) => {
      for (let value = outbox[0]; value !== undefined; value = outbox[0]) {
        expect((await line.ask({ case: 'submit', value })).case).toBe('accepted')
        outbox.shift()
        accepted += 1
        killer(accepted)
      }
    })
  })
  const receiving = inboxes.map((inbox, index) =>
    staying(preferring(index + 1), inbox.person, async (line) => {
      while (inbox.taken.size < SENDERS * MESSAGES) {
        const envelopes = await line.receive(1)
        take(inbox, envelopes)
        await line.acknowledge(envelopes)
      }
    }),
  )
  await Promise.all([...sending, ...receiving])
  return { inboxes, survivor }
}

function expectEachOnceInOrder(inboxes: readonly Inbox[]): void {
  for (const { taken } of inboxes) {
    const stood = [...taken.values()].flatMap(({ positions, text }) => [...positions].map((at) => ({ at, text })))
    const inOrder = stood.toSorted((a, b) => Number(a.at - b.at))
    expect(new Set(stood.map(({ at }) => at)).size).toBe(SENDERS * MESSAGES)
    for (let sender = 0; sender < SENDERS; sender++)
      expect(inOrder.map(({ text }) => text).filter((text) => text.startsWith(`sender${sender} `))).toEqual(
        Array.from({ length: MESSAGES }, (_, number) => `sender${sender} ${number}`),
      )
  }
}

describe('[S2][S4][S5][S6][P51][P82] submissions', () => {
  test.each([40, 150])('arrive once and in order, with kill -9 after %i were accepted', async (count) => {
    const relays = await twoRelays()
    const { inboxes, survivor } = await exchange(relays, (accepted) => {
      if (accepted === count) relays[0].signal('SIGKILL')
    })
    expect(await relays[0].ended).toBe('SIGKILL')
    expectEachOnceInOrder(inboxes)
    for (const { person } of inboxes) {
      const line = await comeBack(survivor, person)
      await line.pushed('caughtUp')
      expect(line.waiting('deliver')).toBe(0)
    }
  })

  test.each([
    'append:before-commit:20',
    'append:after-commit:20',
    'append:accepted:20',
    'acknowledge:before-commit:5',
    'acknowledge:after-commit:5',
  ])('arrive once and in order, with kill -9 of a relay at %s', async (failpoint) => {
    const relays = await twoRelays(failpoint)
    const { inboxes } = await exchange(relays)
    expect(await relays[0].ended).toBe('SIGKILL')
    expectEachOnceInOrder(inboxes)
  })

  test('arrive once and in order, with the database killed and started again', async () => {
    const relays = await twoRelays()
    let again = Promise.resolve()
    const { inboxes } = await exchange(relays, (accepted) => {
      if (accepted === 60) again = server.kill().then(() => server.start())
    })
    await again
    expectEachOnceInOrder(inboxes)
  })
})

describe('[S3][K5][P34] one-time prekeys', () => {
  test.each(['take:before-commit:7', 'take:after-commit:7'])(
    'are handed out once, with kill -9 of a relay at %s',
    async (failpoint) => {
      const relays = await twoRelays(failpoint)
      const bob = makePerson('bob')
      const ofBob = await join(relays[1], bob)
      await ofBob.expect({ case: 'uploadKeys', value: keyUpload(bob, 30) }, 'keysUploaded')
      const askers = Array.from({ length: 8 }, (_, index) => makePerson(`asker${index}`))
      for (const asker of askers) await (await join(relays[1], asker)).hangUp()
      const handedOut: number[] = []
      const value = { account: uuidToBytes(bob.account), devices: [] }
      await Promise.all(
        askers.map((asker, index) => {
          let left = 5
          return staying(index % 2 === 0 ? relays : relays.toReversed(), asker, async (line) => {
            for (; left > 0; left--) {
              const { bundles } = await line.expect({ case: 'fetchKeys', value }, 'keyBundles')
              handedOut.push(...bundles.flatMap(({ oneTimeEc }) => oneTimeEc?.id ?? []))
            }
          })
        }),
      )
      expect(await relays[0].ended).toBe('SIGKILL')
      expect(new Set(handedOut).size).toBe(handedOut.length)
      // Taken, and never answered: lost to the kill, but handed to nobody twice.
      expect(handedOut.length).toBeGreaterThan(20)
      expect(handedOut.length).toBeLessThanOrEqual(30)
    },
  )
})

test('[P54] mail that a killed relay took and told nobody of is found when its sender asks again', async () => {
  const [dying, other] = await twoRelays('append:after-commit:1')
  const alice = makePerson('alice')
  const bob = makePerson('bob')
  const ofAlice = await join(dying, alice)
  const ofBob = await join(other, bob)
  const value = submissionTo(bob, 'from the grave')
  await expect(ofAlice.ask({ case: 'submit', value })).rejects.toThrow()
  const again = await comeBack(other, alice)
  expect(await again.expect({ case: 'submit', value }, 'accepted')).toMatchObject({ duplicate: true })
  await until(() => ofBob.waiting('deliver') > 0, 'the mail to arrive')
  expect(await ofBob.receive(1)).toHaveLength(1)
})
