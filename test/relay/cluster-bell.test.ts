// The bell between relays: what goes in a notice, what does not, and what happens to those that get lost.

import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import { systemRandom } from '../../src/host/random.ts'
import { EnvelopeType } from '../../src/protocol/generated/relay_pb.ts'
import type { Ring } from '../../src/relay/bell.ts'
import type { HeldEnvelope, Mailbox } from '../../src/relay/store.ts'
import { openClusterBell, RING_ANYWAY_EVERY } from '../../src/relay/stores/postgres/bell.ts'
import { type Notice, readNotices, writeNotices } from '../../src/relay/stores/postgres/notice.ts'
import { AccountId, type DeviceId, GroupId } from '../../src/shared/ids.ts'
import { silentLog } from '../silent-log.ts'
import { createTestClock } from './clock.ts'
import { postgresForThisFile } from './postgres.ts'

function mailbox(): Mailbox {
  return { account: AccountId.parse(randomUUID()), device: 1 as DeviceId }
}

function typing(bytes: number): HeldEnvelope {
  const common = { position: 0, senderDevice: 1, type: EnvelopeType.MESSAGE, takenAt: 1_800_000_000_000 }
  return { ...common, submission: randomBytes(16), sender: randomBytes(16), content: randomBytes(bytes) }
}

const box = () => `${randomUUID()}.1`
const everything = () => true

describe('notices', () => {
  test('say again what was said', () => {
    const envelope = typing(300)
    const group = GroupId.parse(randomUUID())
    const notices: Notice[] = [
      { group },
      { box: box(), ring: { kind: 'mail' } },
      { box: box(), ring: { kind: 'replaced', by: randomBytes(32) } },
      { box: box(), ring: { kind: 'replaced', by: undefined } },
      { box: box(), ring: { kind: 'erased' } },
      { box: box(), ring: { kind: 'unlisted' } },
      { box: box(), ring: { kind: 'keys-depleted', left: { oneTimeEc: 10, oneTimeKyber: 0 } } },
    ]
    const [payload = ''] = writeNotices('here', [...notices, { box: box(), ring: { kind: 'ephemeral', envelope } }])
    expect(readNotices(payload, 'here', everything)).toEqual([])
    const read = readNotices(payload, 'her', everything)
    expect(read.slice(0, -1)).toEqual(notices)
    const [last] = read.slice(-1)
    const ring = last !== undefined && 'ring' in last ? last.ring : undefined
    expect(ring?.kind === 'ephemeral' && Buffer.from(ring.envelope.content).equals(envelope.content)).toBe(true)
  })

  test('fit what PostgreSQL takes, name a mailbox once for its mail, and leave out what fits nowhere', () => {
    const boxes = Array.from({ length: 500 }, box)
    const mail = [...boxes, ...boxes].map((name): Notice => ({ box: name, ring: { kind: 'mail' } }))
    const payloads = writeNotices('here', [
      ...mail,
      { box: box(), ring: { kind: 'ephemeral', envelope: typing(6000) } },
    ])
    expect(payloads.every((payload) => Buffer.byteLength(payload) < 8000)).toBe(true)
    const boxesIn = (isOfInterest: (box: string) => boolean) =>
      payloads.flatMap((payload) =>
        readNotices(payload, 'there', isOfInterest).map((notice) => 'box' in notice && notice.box),
      )
    expect(boxesIn(everything)).toEqual(boxes)
    expect(boxesIn((box) => box === boxes[7])).toEqual([boxes[7]])
  })

  test('of mail that says more than this version knows, the mailbox counts', () => {
    const name = box()
    const mail = [{ box: name, ring: { kind: 'mail' } }]
    expect(readNotices(`there m${name},more`, 'here', (box) => box === name)).toEqual(mail)
  })

  test.each(['', 'x', 'x ', 'x ?nobody.1', 'x e,,,', 'x k', 'x emine.1,!!!'])(
    'say nothing where they are none: %j',
    (payload) => {
      expect(readNotices(payload, 'here', everything)).toEqual([])
    },
  )
})

describe('two bells', () => {
  const server = postgresForThisFile()

  async function twoBells() {
    const url = await server.database()
    const clock = createTestClock()
    const parts = { url, clock, random: systemRandom, log: silentLog }
    const [one, two] = [await openClusterBell(parts), await openClusterBell(parts)]
    onTestFinished(async () => {
      await one.close()
      await two.close()
    })
    return { one, two, clock }
  }

  test('[P53] who listens is told once a minute to look, whatever was lost', async () => {
    const { one, clock } = await twoBells()
    const heard: Ring[] = []
    one.listen(mailbox(), (ring) => heard.push(ring))
    clock.advance(RING_ANYWAY_EVERY - 1)
    expect(heard).toEqual([])
    clock.advance(1)
    expect(heard).toEqual([{ kind: 'missed' }])
  })

  test('[P57] what is rung at one is heard at the other, and only by whom it is for', async () => {
    const { one, two } = await twoBells()
    const bob = mailbox()
    const others: Ring[] = []
    two.listen(mailbox(), (ring) => others.push(ring))
    const heard = new Promise<Ring>((resolve) => two.listen(bob, resolve))
    one.ring(bob, { kind: 'keys-depleted', left: { oneTimeEc: 3, oneTimeKyber: 0 } })
    expect(await heard).toEqual({ kind: 'keys-depleted', left: { oneTimeEc: 3, oneTimeKyber: 0 } })
    expect(others).toEqual([])
  })
})
