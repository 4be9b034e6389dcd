// Rendezvous: a device that has no account yet meets one that has.

import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Reason } from '../../src/protocol/generated/relay_pb.ts'
import { MAX_RENDEZVOUS_BYTES, RENDEZVOUS_LIFETIME, RENDEZVOUS_MESSAGES } from '../../src/protocol/limits.ts'
import { createTestClock } from './clock.ts'
import { type Body, dial, hello, join, type Line, makePerson } from './device.ts'
import { type OpenRelay, openRelay } from './open.ts'

async function newcomer(relay: OpenRelay): Promise<Line> {
  const line = await dial(relay)
  await hello(line)
  return line
}

const openOne = (line: Line) => line.expect({ case: 'openRendezvous', value: {} }, 'rendezvousOpened')
const joinIt = (line: Line, code: string) => line.ask({ case: 'joinRendezvous', value: { code } })
const say = (line: Line, text: string) =>
  line.expect({ case: 'sayInRendezvous', value: { content: Buffer.from(text) } }, 'rendezvousSaid')
const heard = async (line: Line) => Buffer.from((await line.pushed('rendezvousMessage')).content).toString()
const why = (body: Body) => (body.case === 'refused' ? body.value.reason : body.case)

async function together() {
  const relay = await openRelay()
  const fresh = await newcomer(relay)
  const { code } = await openOne(fresh)
  const alice = await join(relay, makePerson('alice'))
  return { relay, fresh, alice, code }
}

describe('[P102] a rendezvous', () => {
  test('[P102] carries messages both ways, in order, also those said before anybody came', async () => {
    const { fresh, alice, code } = await together()
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{8}$/)
    await say(fresh, 'one')
    await say(fresh, 'two')
    expect((await joinIt(alice, code.toLowerCase())).case).toBe('rendezvousJoined')
    expect([await heard(alice), await heard(alice)]).toEqual(['one', 'two'])
    await say(alice, 'three')
    expect(await heard(fresh)).toBe('three')
    await say(fresh, 'four')
    expect(await heard(alice)).toBe('four')
  })

  test('[P102] is joined once, and by nobody who has not proven who they are', async () => {
    const { relay, fresh, alice, code } = await together()
    const stranger = await newcomer(relay)
    expect(why(await joinIt(stranger, code))).toBe(Reason.NOT_AUTHENTICATED)
    expect((await joinIt(alice, code)).case).toBe('rendezvousJoined')
    const mallory = await join(relay, makePerson('mallory'))
    expect(why(await joinIt(mallory, code))).toBe(Reason.NO_SUCH_RENDEZVOUS)
    await say(alice, 'hello')
    expect(await heard(fresh)).toBe('hello')
    expect(mallory.waiting('rendezvousMessage')).toBe(0)
  })

  test.each([
    ['leaves', (line: Line) => line.ask({ case: 'leaveRendezvous', value: {} })],
    ['hangs up', (line: Line) => line.hangUp()],
    ['is cut off', async (line: Line) => line.socket.terminate()],
  ])('[P102] is over for the other when one %s, and the code with it', async (_, goes) => {
    const first = await together()
    await joinIt(first.alice, first.code)
    await goes(first.fresh)
    await first.alice.pushed('rendezvousClosed')
    expect(why(await first.alice.ask({ case: 'sayInRendezvous', value: { content: randomBytes(3) } }))).toBe(
      Reason.NO_SUCH_RENDEZVOUS,
    )
    expect(why(await joinIt(first.alice, first.code))).toBe(Reason.NO_SUCH_RENDEZVOUS)

    const second = await together()
    await joinIt(second.alice, second.code)
    await goes(second.alice)
    await second.fresh.pushed('rendezvousClosed')
    expect((await openOne(second.fresh)).code).not.toBe(second.code)
  })

  test('[P102] what one says before it leaves is heard before the end', async () => {
    const { fresh, alice, code } = await together()
    await joinIt(alice, code)
    for (const text of ['one', 'two']) await say(alice, text)
    await alice.hangUp()
    expect([await heard(fresh), await heard(fresh)]).toEqual(['one', 'two'])
    await fresh.pushed('rendezvousClosed')
  })

  test('[P102] ends after ten minutes, and keeps the connection of who opened it so long', async () => {
    const clock = createTestClock()
    const relay = await openRelay({ clock })
    const fresh = await newcomer(relay)
    const { code, expiresMs } = await openOne(fresh)
    expect(Number(expiresMs)).toBe(clock.now() + RENDEZVOUS_LIFETIME)
    const alice = await join(relay, makePerson('alice'))
    for (let passed = 0; passed < RENDEZVOUS_LIFETIME - 20_000; passed += 20_000) {
      clock.advance(20_000)
      // Whatever is asked is a sign of life, as a pong is.
      await say(fresh, 'still here').catch(() => undefined)
      await alice.expect({ case: 'lookUp', value: { username: 'alice' } }, 'found')
    }
    expect(fresh.socket.readyState).toBe(fresh.socket.OPEN)
    clock.advance(20_000)
    await fresh.pushed('rendezvousClosed')
    expect(why(await joinIt(alice, code))).toBe(Reason.NO_SUCH_RENDEZVOUS)
    clock.advance(29_000)
    expect(fresh.socket.readyState).toBe(fresh.socket.OPEN)
    clock.advance(20_000)
    await fresh.closed
  })

  test('[P102] takes so many messages of so many bytes each way', async () => {
    const { fresh, alice, code } = await together()
    await joinIt(alice, code)
    const whole = (bytes: number) => ({ case: 'sayInRendezvous' as const, value: { content: randomBytes(bytes) } })
    expect(why(await fresh.ask(whole(MAX_RENDEZVOUS_BYTES + 1)))).toBe(Reason.TOO_LARGE)
    for (let i = 0; i < RENDEZVOUS_MESSAGES; i++) {
      await fresh.expect(whole(MAX_RENDEZVOUS_BYTES), 'rendezvousSaid')
      expect((await alice.pushed('rendezvousMessage')).content).toHaveLength(MAX_RENDEZVOUS_BYTES)
    }
    expect(why(await fresh.ask(whole(1)))).toBe(Reason.TOO_LARGE)
    await say(alice, 'the other way is counted apart')
  })

  test('[P102] is one at a time, and not for who has an account', async () => {
    const { fresh, alice, code } = await together()
    expect(why(await alice.ask({ case: 'openRendezvous', value: {} }))).toBe(Reason.MALFORMED)
    expect(why(await fresh.ask({ case: 'openRendezvous', value: {} }))).toBe(Reason.MALFORMED)
    expect(code).not.toBe('')
  })
})
