// An evil relay and what it delivers: changed, repeated, reordered, lost, or in somebody else's name.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { EnvelopeType, type IncomingEnvelope } from '../../src/protocol/generated/relay_pb.ts'
import { uuidToBytes } from '../../src/shared/ids.ts'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'
import { EvilRelay } from './evil-relay.ts'
import { acceptWithoutStoring, copyOf, envelopes, flipped } from './misdeeds.ts'

let world: World
let evil: EvilRelay
let alice: Person
let bob: Person
beforeEach(async () => {
  world = await World.create()
  evil = await EvilRelay.before(() => world.address())
  alice = await world.person('Alice', evil.address)
  bob = await world.person('Bob', evil.address)
  await alice.befriend(bob)
})
afterEach(async () => {
  await world.close()
  await evil.close()
})

/** Keeps back what Alice's device sends, so that the honest relay forgets it. */
function withhold(): { held: IncomingEnvelope[]; stop: () => void } {
  const held: IncomingEnvelope[] = []
  const stop = evil.begin(
    fromAlice((envelope) => {
      held.push(envelope)
      evil.victim(bob.account).ask({ case: 'acknowledge', value: { positions: [envelope.position] } })
      return []
    }),
  )
  return { held, stop }
}

/** The texts that Alice's device sends to Bob, as they pass the relay. */
function fromAlice(change: (envelope: IncomingEnvelope) => IncomingEnvelope[]) {
  return envelopes((envelope, to) =>
    to === bob.account && isFrom(alice, envelope) && envelope.type !== EnvelopeType.RETRY
      ? change(envelope)
      : [envelope],
  )
}

function isFrom(person: Person, { sender }: IncomingEnvelope): boolean {
  return Buffer.from(sender).equals(uuidToBytes(person.account))
}

function deliver(to: Person, ...delivered: IncomingEnvelope[]): void {
  evil.victim(to.account).send({ case: 'deliver', value: { envelopes: delivered } })
}

/** What Bob has been told since, but for receipts on his own messages. */
async function staysAsItIs(expected: string[]): Promise<void> {
  await bob.say(alice, 'still here')
  await bob.reaches(alice, 'still here', 'delivered')
  await bob.sees(alice, [...expected, 'still here'])
}

test('[F10][F12] replayed, under the same name and under others, at once and later: shown once', async () => {
  evil.begin(
    fromAlice((envelope) => [
      envelope,
      copyOf(envelope),
      copyOf(envelope, { submission: crypto.getRandomValues(new Uint8Array(16)) }),
      copyOf(envelope, { position: envelope.position + 1_000_000n }),
    ]),
  )
  for (const text of ['one', 'two']) await alice.say(bob, text)
  await bob.sees(alice, ['Hello Bob', 'one', 'two'])
  await bob.reopen()
  await bob.online()
  deliver(bob, ...evil.delivered.filter(({ to }) => to === bob.account).map(({ envelope }) => copyOf(envelope)))
  await staysAsItIs(['Hello Bob', 'one', 'two'])
  expect((await bob.conversation(alice)).unread).toBe(0)
})

test('[P45][F11] reordered: in the end it stands as it was said', async () => {
  const { held, stop } = withhold()
  const texts = ['one', 'two', 'three', 'four', 'five']
  for (const text of texts) await alice.say(bob, text)
  await until(() => held.length === 5, 'all are held back')
  stop()
  deliver(bob, ...[4, 1, 3, 0, 2].flatMap((at) => held[at] ?? []))
  await bob.sees(alice, ['Hello Bob', ...texts])
  await alice.reaches(bob, 'one', 'delivered')
})

test('[P44][P45][F15] dropped: a gap shows once something later has come, shrinks, and goes', async () => {
  const { held, stop } = withhold()
  for (const text of ['one', 'two', 'three']) await alice.say(bob, text)
  await until(() => held.length === 3, 'all are held back')
  expect(await bob.reads(alice)).toEqual(['Hello Bob'])
  stop()
  await alice.say(bob, 'four')
  await bob.sees(alice, ['Hello Bob', '[3 missing]', 'four'])
  await bob.reopen()
  await bob.online()
  const [one, two, three] = held
  if (one === undefined || two === undefined || three === undefined) throw new Error('three were held back')
  deliver(bob, two)
  await bob.sees(alice, ['Hello Bob', '[1 missing]', 'two', '[1 missing]', 'four'])
  deliver(bob, one)
  await bob.sees(alice, ['Hello Bob', 'one', 'two', '[1 missing]', 'four'])
  deliver(bob, three)
  await bob.sees(alice, ['Hello Bob', 'one', 'two', 'three', 'four'])
})

test('[P51][F15] the relay says it has stored, and has not: no receipt comes, and the gap shows', async () => {
  const stop = evil.begin(acceptWithoutStoring(bob.account))
  await alice.say(bob, 'never stored')
  await alice.reaches(bob, 'never stored', 'sent')
  stop()
  await alice.say(bob, 'next')
  await bob.sees(alice, ['Hello Bob', '[1 missing]', 'next'])
  await alice.reaches(bob, 'next', 'delivered')
  await alice.reaches(bob, 'never stored', 'sent')
})

test('[P70][F20] a byte is flipped: a placeholder, and what was said takes its place', async () => {
  let spoiled = 0
  evil.begin(
    fromAlice((envelope) => {
      if (spoiled > 0) return [envelope]
      spoiled += 1
      return [copyOf(envelope, { content: flipped(envelope.content) })]
    }),
  )
  await alice.say(bob, 'spoiled')
  await bob.sees(alice, ['Hello Bob', 'spoiled'])
  expect(spoiled).toBe(1)
  await alice.say(bob, 'whole')
  await bob.sees(alice, ['Hello Bob', 'spoiled', 'whole'])
})

test('[F20] the spoiled copy comes first, the real one behind it: it opens', async () => {
  evil.begin(fromAlice((envelope) => [copyOf(envelope, { content: flipped(envelope.content) }), envelope]))
  await alice.say(bob, 'behind noise')
  await bob.sees(alice, ['Hello Bob', 'behind noise'])
})

test('[P70][F18] noise under one name, again and again, is asked for once', async () => {
  let requests = 0
  evil.begin({
    toRelay(body) {
      if (body.case === 'submit' && body.value.envelopes[0]?.type === EnvelopeType.RETRY) requests += 1
      return body
    },
  })
  const submission = uuidToBytes(alice.account)
  for (let i = 1; i <= 20; i++)
    deliver(bob, noise(alice, i, { submission }), noise(alice, i, { submission, type: EnvelopeType.PREKEY }))
  await until(() => requests > 0, 'Bob asks')
  await staysAsItIs(['Hello Bob', '[undecryptable]'])
  expect(requests).toBe(1)
})

test('[P77][F18] what can never be stored is set aside; what is behind it arrives, and it comes when it can', async () => {
  const { sql } = bob.device
  for (const change of ['INSERT', 'UPDATE'])
    sql.run(`CREATE TEMP TRIGGER refused_${change} BEFORE ${change} ON main.messages WHEN NEW.text = 'indigestible'
             BEGIN SELECT RAISE(ABORT, 'never'); END`)
  await alice.say(bob, 'before')
  await bob.sees(alice, ['Hello Bob', 'before'])
  await alice.say(bob, 'indigestible')
  await alice.say(bob, 'after')
  await passes(async () => (await bob.reads(alice)).includes('after'), 'what is behind it arrives')
  expect(await bob.reads(alice)).toEqual(['Hello Bob', 'before', '[undecryptable]', '[1 missing]', 'after'])
  for (const change of ['INSERT', 'UPDATE']) sql.run(`DROP TRIGGER refused_${change}`)
  await passes(async () => (await bob.reads(alice)).includes('indigestible'), 'it is sent anew')
  expect(await bob.reads(alice)).toEqual(['Hello Bob', 'before', 'indigestible', 'after'])
  // What had been kept of it for the next start is nothing new then.
  await bob.reopen()
  await until(() => bob.device.sql.get('SELECT 1 FROM set_aside') === undefined, 'nothing is kept')
  expect(await bob.reads(alice)).toEqual(['Hello Bob', 'before', 'indigestible', 'after'])
})

test('[P77][F18] what could not be stored is there at a later start, though whoever sent it is gone', async () => {
  bob.device.sql.run(`CREATE TRIGGER refused BEFORE INSERT ON messages WHEN NEW.text = 'indigestible'
                      BEGIN SELECT RAISE(ABORT, 'never'); END`)
  const setAside = () => bob.device.sql.all('SELECT id FROM set_aside').length
  await alice.say(bob, 'indigestible')
  await alice.say(bob, 'after')
  await alice.reaches(bob, 'after', 'sent')
  await alice.close()
  await passes(async () => (await bob.reads(alice)).includes('after'), 'what is behind it arrives')
  expect(await bob.reads(alice)).toEqual(['Hello Bob', '[undecryptable]', '[1 missing]', 'after'])
  // A start that cannot either leaves it where it is.
  await bob.reopen()
  await bob.device.messenger.close()
  expect(bob.device.sql.all('SELECT text FROM messages WHERE text = ?', ['indigestible'])).toEqual([])
  expect(setAside()).toBe(1)
  bob.device.sql.run('DROP TRIGGER refused')
  await bob.reopen()
  await until(async () => (await bob.reads(alice)).includes('indigestible'), 'it is there')
  expect(await bob.reads(alice)).toEqual(['Hello Bob', 'indigestible', 'after'])
  expect(setAside()).toBe(0)
  // What Alice sends anew when she is back after all is known by its name.
  await alice.open()
  await alice.say(bob, 'back')
  await passes(async () => (await bob.reads(alice)).includes('back'), 'Alice is back')
  expect(await bob.reads(alice)).toEqual(['Hello Bob', 'indigestible', 'after', 'back'])
})

/** Time goes on, until it is so. */
async function passes(isSo: () => Promise<boolean>, what: string): Promise<void> {
  await until(async () => {
    await world.clock.advance(1_000)
    return isSo()
  }, what)
}

/** An envelope that nobody ever sealed. */
function noise(from: Person, seed: number, different: Partial<IncomingEnvelope> = {}): IncomingEnvelope {
  const template = evil.delivered[0]?.envelope
  if (template === undefined) throw new Error('nothing was delivered yet')
  return copyOf(template, {
    position: BigInt(5_000_000 + seed),
    submission: crypto.getRandomValues(new Uint8Array(16)),
    sender: uuidToBytes(from.account),
    senderDevice: 1,
    type: EnvelopeType.MESSAGE,
    content: new Uint8Array(80 + seed).fill(seed),
    ...different,
  })
}

test('[P43][F14] as from somebody else: not shown as theirs; delivered as what it is afterwards, it opens', async () => {
  const carol = await world.person('Carol', evil.address)
  await carol.befriend(bob)
  const stop = evil.begin(fromAlice((envelope) => [copyOf(envelope, { sender: uuidToBytes(carol.account) }), envelope]))
  await alice.say(bob, 'I am Alice')
  await bob.sees(alice, ['Hello Bob', 'I am Alice'])
  expect(await bob.reads(carol)).not.toContain('I am Alice')
  stop()
  await carol.say(bob, 'I am Carol')
  await until(async () => (await bob.reads(carol)).at(-1) === 'I am Carol', 'Carol is heard')
  // What Alice has said already, now as Carol's: nothing at all.
  const before = await bob.reads(carol)
  const said = evil.delivered.findLast(({ to, envelope }) => to === bob.account && isFrom(alice, envelope))
  if (said === undefined) throw new Error('Alice said nothing')
  deliver(bob, copyOf(said.envelope, { sender: uuidToBytes(carol.account) }))
  await staysAsItIs(['Hello Bob', 'I am Alice'])
  expect(await bob.reads(carol)).toEqual(before)
})

test('[F13] delivered to somebody else: they see nothing of it', async () => {
  const carol = await world.person('Carol', evil.address)
  await carol.befriend(alice)
  evil.begin(
    fromAlice((envelope) => {
      deliver(carol, copyOf(envelope, { position: 9_000_000n }))
      return [envelope]
    }),
  )
  await alice.say(bob, 'for Bob alone')
  await bob.sees(alice, ['Hello Bob', 'for Bob alone'])
  await carol.say(alice, 'Hello?')
  await alice.sees(carol, ['Hello Alice', 'Hello?'])
  expect(await carol.reads(alice)).not.toContain('for Bob alone')
  await alice.say(carol, 'Hello Carol')
  await until(async () => (await carol.reads(alice)).at(-1) === 'Hello Carol', 'Carol and Alice go on')
})

test('[P65][P94][D2] as from oneself, or from a device that one has not: notes stay what one wrote, and one is told', async () => {
  const oneself = await bob.do('findPerson', { username: 'bob' })
  await bob.do('openConversation', { account: oneself.account })
  deliver(bob, noise(bob, 1), noise(bob, 2, { senderDevice: 2 }), noise(bob, 3, { type: EnvelopeType.PREKEY }))
  await staysAsItIs(['Hello Bob'])
  expect(await bob.reads(bob)).toEqual(['[unlisted-device]'])
})

test('[F1][F5][K12] envelopes that are none: passed over, and the rest goes on', async () => {
  const empty = new Uint8Array()
  deliver(
    bob,
    noise(alice, 1, { submission: empty, content: empty }),
    noise(alice, 2, { submission: empty, content: empty, type: EnvelopeType.PREKEY }),
    noise(alice, 3, { sender: empty }),
    noise(alice, 4, { senderDevice: 4_000_000_000 }),
    noise(alice, 5, { type: 99 as EnvelopeType }),
    noise(alice, 6, { type: EnvelopeType.RETRY, content: empty }),
    noise(alice, 7, { type: EnvelopeType.RETRY }),
    noise(alice, 8, { timeMs: 2n ** 64n - 1n, sender: new Uint8Array(16).fill(255) }),
  )
  await alice.say(bob, 'and the rest')
  await bob.sees(alice, ['Hello Bob', 'and the rest'])
})

test('[P64][F10] a typing notice again and again is one; as stored it is no message', async () => {
  let notice: IncomingEnvelope | undefined
  evil.begin(
    fromAlice((envelope) => {
      if (envelope.position === 0n) notice ??= envelope
      return [envelope]
    }),
  )
  await alice.do('setTyping', { conversation: (await alice.conversation(bob)).id, typing: true })
  await until(async () => (await bob.conversation(alice)).typing, 'Bob sees it')
  await world.clock.advance(5_000)
  if (notice === undefined) throw new Error('no notice passed')
  deliver(bob, copyOf(notice), copyOf(notice, { position: 77n }))
  await staysAsItIs(['Hello Bob'])
  expect((await bob.conversation(alice)).typing).toBe(false)
})

test('[P71][F19] a flood of forged retry requests: each message leaves once more at most, and only for whom it was', async () => {
  const submitted: Uint8Array[] = []
  evil.begin({
    toRelay(body, victim) {
      if (body.case === 'submit' && victim.account === alice.account && !body.value.ephemeral)
        submitted.push(body.value.submission)
      return body
    },
  })
  const carol = await world.person('Carol', evil.address)
  await carol.befriend(alice)
  for (const text of ['one', 'two', 'three']) await alice.say(bob, text)
  await alice.reaches(bob, 'three', 'delivered')
  const known = [...submitted]
  const before = world.wiretap.heard()
  // In protobuf by hand: field 1 is the submission; the rest is noise.
  const forged = known.flatMap((submission) =>
    [bob, carol].flatMap((person) =>
      Array.from({ length: 10 }, (_, i) =>
        noise(person, i, {
          type: EnvelopeType.RETRY,
          content: new Uint8Array([0x0a, 16, ...submission, 0x12, i, ...new Uint8Array(i).fill(i)]),
        }),
      ),
    ),
  )
  deliver(alice, ...forged)
  await alice.say(bob, 'after the flood')
  await alice.reaches(bob, 'after the flood', 'delivered')
  await bob.sees(alice, ['Hello Bob', 'one', 'two', 'three', 'after the flood'])
  // At most each of them once, the message after the flood, and receipts of it.
  expect(world.wiretap.heard() - before).toBeLessThanOrEqual(known.length + 2)
  expect(await carol.reads(alice)).toEqual(['Hello Alice'])
})

test('[P73][F16][F17] a thousand go missing: the next thing Bob says begins a small record', {
  timeout: 90_000,
}, async () => {
  const { held, stop } = withhold()
  for (let i = 0; i < 1_000; i++) await alice.say(bob, `number ${i}`)
  await until(() => held.length === 1_000, 'all are held back', 60_000)
  stop()
  await alice.say(bob, 'the last')
  await bob.sees(alice, ['Hello Bob', '[1000 missing]', 'the last'])
  expect(recordSize()).toBeGreaterThan(64 * 1024)
  await bob.say(alice, 'what was that?')
  await bob.reaches(alice, 'what was that?', 'delivered')
  expect(recordSize()).toBeLessThan(64 * 1024)
  // The keys of what is missing are gone: it is asked for again, and stands where it belongs.
  deliver(bob, ...held.slice(0, 2))
  await bob.sees(alice, ['Hello Bob', 'number 0', 'number 1', '[998 missing]', 'the last', 'what was that?'])
})

function recordSize(): number {
  return bob.device.sql.get<{ size: number }>('SELECT max(length(record)) AS size FROM sessions')?.size ?? 0
}
