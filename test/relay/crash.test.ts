// Being killed: whatever the moment, what was accepted is there, and nothing is handed out twice.

import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join as path } from 'node:path'
import { describe, expect, test } from 'vitest'
import { GoodbyeReason } from '../../src/protocol/generated/relay_pb.ts'
import { uuidToBytes } from '../../src/shared/ids.ts'
import { type Body, comeBack, join, keyUpload, type Line, makePerson, type Person, submissionTo } from './device.ts'
import { temporaryFolder } from './open.ts'
import { RELAY, type RelayProcess, startRelay } from './process.ts'

/** Sent in each test of a kill. */
const MESSAGES = 12

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** Undefined: the relay was gone before the answer. */
async function orGone<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch {
    return undefined
  }
}

describe('[S3][P34][K5] one-time prekeys', () => {
  test.each(['take:before-commit:1', 'take:before-commit:5', 'take:after-commit:1', 'take:after-commit:5'])(
    'are handed out once, with kill -9 at %s',
    async (failpoint) => {
      const data = temporaryFolder()
      const bob = makePerson('bob')
      const askers = Array.from({ length: 8 }, (_, index) => makePerson(`asker${index}`))
      const first = await startRelay(data)
      await (await join(first, bob)).expect({ case: 'uploadKeys', value: keyUpload(bob, 30) }, 'keysUploaded')
      for (const asker of askers) await (await join(first, asker)).hangUp()
      first.signal('SIGKILL')
      await first.ended

      const dying = await startRelay(data, [], failpoint)
      const handedOut = await fetchAll(dying, askers, bob)
      expect(await dying.ended).toBe('SIGKILL')
      const answeredBeforeIt = handedOut.length
      const after = await startRelay(data)
      handedOut.push(...(await fetchAll(after, askers, bob)))

      const ids = handedOut.flatMap((id) => id ?? [])
      expect(new Set(ids).size).toBe(ids.length)
      expect(handedOut.length).toBeGreaterThan(answeredBeforeIt)
      // Taken, and never answered: lost to the kill, but handed to nobody twice.
      expect(ids.length).toBeLessThanOrEqual(30)
      expect(ids.length).toBeGreaterThan(20)
    },
  )
})

/** Ids of one-time prekeys in the answers that came; undefined for a bundle without. */
async function fetchAll(
  relay: RelayProcess,
  askers: readonly Person[],
  target: Person,
): Promise<(number | undefined)[]> {
  const lines = (await Promise.all(askers.map((asker) => orGone(comeBack(relay, asker))))).filter(
    (line) => line !== undefined,
  )
  const value = { account: uuidToBytes(target.account), devices: [] }
  const fetch = (line: Line) => orGone(line.expect({ case: 'fetchKeys', value }, 'keyBundles'))
  const answers: Awaited<ReturnType<typeof fetch>>[] = []
  for (let round = 0; round < 5; round++) answers.push(...(await Promise.all(lines.map(fetch))))
  return answers.flatMap((answer) => (answer === undefined ? [] : [answer.bundles[0]?.oneTimeEc?.id]))
}

describe('[P51][P54][P82][S2] submissions', () => {
  const points = [
    'append:before-commit',
    'append:after-commit',
    'append:accepted',
    'acknowledge:before-commit',
    'acknowledge:after-commit',
  ]
  test.each(points.flatMap((point) => [`${point}:1`, `${point}:4`]))(
    'arrive, each under one position, with kill -9 at %s',
    async (failpoint) => {
      const data = temporaryFolder()
      const alice = makePerson('alice')
      const bob = makePerson('bob')
      const first = await startRelay(data)
      await (await join(first, alice)).hangUp()
      await (await join(first, bob)).hangUp()
      first.signal('SIGTERM')
      await first.ended

      const outbox = new Map(
        Array.from({ length: MESSAGES }, (_, index) => [index, submissionTo(bob, `message ${index}`)]),
      )
      const arrived = new Map<string, { position: bigint; text: string }>()
      let relay = await startRelay(data, [], failpoint)
      await exchange(relay, alice, bob, outbox, arrived)
      expect(await relay.ended).toBe('SIGKILL')
      relay = await startRelay(data)
      await exchange(relay, alice, bob, outbox, arrived)

      expect(outbox.size).toBe(0)
      const inOrder = [...arrived.values()].toSorted((a, b) => Number(a.position - b.position))
      expect(inOrder.map(({ text }) => text)).toEqual(
        Array.from({ length: MESSAGES }, (_, index) => `message ${index}`),
      )
      expect(new Set(inOrder.map(({ position }) => position)).size).toBe(MESSAGES)
    },
  )
})

describe('[P160][S10] what is scheduled', () => {
  test.each([
    'schedule:before-commit:1',
    'schedule:after-commit:1',
    'release:before-commit:1',
    'release:after-commit:1',
  ])('arrives, once, with kill -9 at %s', async (failpoint) => {
    const data = temporaryFolder()
    const [alice, bob] = [makePerson('alice'), makePerson('bob')]
    const first = await startRelay(data)
    for (const person of [alice, bob]) await (await join(first, person)).hangUp()
    first.signal('SIGTERM')
    await first.ended

    const dying = await startRelay(data, [], failpoint)
    const value = { ...submissionTo(bob, 'scheduled'), deliverAfterMs: BigInt(Date.now() + 1000) }
    await orGone((await comeBack(dying, alice)).ask({ case: 'submit', value }))
    expect(await dying.ended).toBe('SIGKILL')

    const relay = await startRelay(data)
    const [ofAlice, ofBob] = [await comeBack(relay, alice), await comeBack(relay, bob)]
    await ofAlice.expect({ case: 'submit', value }, 'accepted')
    const came = await ofBob.receive(1)
    await ofAlice.expect({ case: 'submit', value: submissionTo(bob, 'behind it') }, 'accepted')
    came.push(...(await ofBob.receive(1)))
    expect(came.map(({ content }) => Buffer.from(content).toString())).toEqual(['scheduled', 'behind it'])
  })
})

/** Alice sends what is in her outbox, one after the other; Bob takes and acknowledges, until the relay dies or all is done. */
async function exchange(
  relay: RelayProcess,
  alice: Person,
  bob: Person,
  outbox: Map<number, ReturnType<typeof submissionTo>>,
  arrived: Map<string, { position: bigint; text: string }>,
): Promise<void> {
  const [ofAlice, ofBob] = await Promise.all([comeBack(relay, alice), comeBack(relay, bob)])
  const hangUpWhenDone = () => {
    if (arrived.size === MESSAGES && outbox.size === 0) ofBob.socket.terminate()
  }
  const send = async () => {
    hangUpWhenDone()
    for (const [index, value] of outbox) {
      const answer: Body | undefined = await orGone(ofAlice.ask({ case: 'submit', value }))
      if (answer === undefined) return
      expect(answer.case).toBe('accepted')
      outbox.delete(index)
      hangUpWhenDone()
    }
  }
  const receive = async () => {
    for (;;) {
      const envelopes = await orGone(ofBob.receive(1))
      if (envelopes === undefined) return
      for (const { submission, position, content } of envelopes) {
        // Delivered again is not stored again: it has the position it had.
        expect(arrived.get(hex(submission))?.position ?? position).toBe(position)
        arrived.set(hex(submission), { position, text: Buffer.from(content).toString() })
      }
      await orGone(ofBob.acknowledge(envelopes))
      hangUpWhenDone()
    }
  }
  await Promise.all([send(), receive()])
}

describe('the process', () => {
  test('says where it listens, and ends when it is asked to, after a goodbye', async () => {
    const data = temporaryFolder()
    const relay = await startRelay(data, ['--invite', '1', '--invited'])
    const [, invitation] = /^invitation (\S+)$/m.exec(relay.printed.join('\n')) ?? []
    const alice = makePerson('alice')
    const line = await join(relay, alice, invitation)
    await line.expect({ case: 'uploadKeys', value: keyUpload(alice, 2) }, 'keysUploaded')
    relay.signal('SIGTERM')
    expect((await line.pushed('goodbye')).reason).toBe(GoodbyeReason.SHUTTING_DOWN)
    expect(await relay.ended).toBe(0)
    for (const secret of [alice.account, 'alice', hex(uuidToBytes(alice.account)), `${invitation}`])
      expect(relay.printed.filter((line) => !line.startsWith('invitation ')).join('\n')).not.toContain(secret)
    const privateKey = Buffer.from(alice.identity.privateKey.serialize())
    expect(readFileSync(path(data, 'relay.sqlite')).includes(privateKey)).toBe(false)
  })

  test('asks for the token it was given, and does not start twice on the same data', async () => {
    const data = temporaryFolder()
    const file = path(data, 'token')
    const token = randomBytes(24).toString('base64url')
    writeFileSync(file, `${token}\n`)
    const relay = await startRelay(data, ['--token-file', file])
    await expect(join(relay, makePerson('alice'))).rejects.toThrow('401')
    await join({ ...relay, token }, makePerson('alice'))
    await expect(startRelay(data)).rejects.toThrow(`ended with 1: another relay is using ${data}`)
  })

  test('[P17] makes no invitation where it cannot listen', async () => {
    const first = await startRelay(temporaryFolder())
    const { port } = new URL(first.url)
    const second = spawnSync(process.execPath, [RELAY, '--data', temporaryFolder(), '--port', port, '--invite', '1'])
    expect(second.status).toBe(1)
    expect(String(second.stderr)).toContain('EADDRINUSE')
    expect(String(second.stdout)).toBe('')
  })

  test.each([
    ['--help', 0, 'Usage:'],
    ['--nonsense', 2, '--nonsense'],
    ['--port=x', 2, '--port'],
    ['--token-file=/not/there', 2, '--token-file cannot be read'],
  ])('%s on its command line ends with %i and a sentence', (option, status, sentence) => {
    const run = spawnSync(process.execPath, [RELAY, option], { encoding: 'utf8' })
    expect(run.status).toBe(status)
    expect(status === 0 ? run.stdout : run.stderr).toContain(sentence)
    expect(run.stderr).not.toMatch(/^\s+at /m)
  })

  test('does not listen beyond this computer without TLS in front', async () => {
    await expect(startRelay(temporaryFolder(), ['--host', '0.0.0.0'])).rejects.toThrow('TLS')
  })
})
