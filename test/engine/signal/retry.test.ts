// What could not be opened is asked for again, and the session it was about is set aside.

import { fromBinary } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import type { Sealed } from '../../../src/engine/signal/signal.ts'
import { type RetryRequest, RetryRequestSchema } from '../../../src/protocol/generated/content_pb.ts'
import { EnvelopeType } from '../../../src/protocol/generated/relay_pb.ts'
import { DeviceId } from '../../../src/shared/ids.ts'
import { type Person, person, personOf, read } from './people.ts'

const submission = Uint8Array.from({ length: 16 }, (_, at) => at)

function asks(who: Person, from: Person, sealed: Sealed): RetryRequest {
  return fromBinary(RetryRequestSchema, who.signal.retryRequest(submission, from.address, sealed.type, sealed.bytes))
}

test('[P70][P71] Bob lost his session: he asks, Alice sets hers aside, and what she sends anew is read', async () => {
  const alice = person('Alice')
  const bob = person('Bob')
  await alice.meet(bob)
  await bob.hear(alice, await alice.say(bob, 'hello'))
  await alice.hear(bob, await bob.say(alice, 'hello to you'))
  bob.sql.run('DELETE FROM sessions')
  const forgetful = personOf(bob.sql.reopened(), bob.clock, bob.own)

  const lost = await alice.say(bob, 'did you get this?')
  expect(read(await forgetful.hear(alice, lost))).toBe('undecryptable: no-session')
  const request = asks(forgetful, alice, lost)
  expect(request.submission).toEqual(submission)
  const answer = () => alice.commit((unit) => alice.signal.archiveIfAbout(unit, bob.address, request.decryptionError))
  expect(await answer()).toBe('archived')
  expect(alice.signal.hasSession(alice.signal.unit(), bob.address)).toBe(false)
  // The same request again finds another session, or none: it cannot end the new one.
  expect(await answer()).toBe('other')
  await alice.meet(forgetful)
  expect(await answer()).toBe('other')
  expect(read(await forgetful.hear(alice, await alice.say(bob, 'did you get this?')))).toBe('did you get this?')
})

test('[P71] a first message can be asked for too', async () => {
  const alice = person('Alice')
  const bob = person('Bob')
  await alice.meet(bob)
  const sealed = await alice.say(bob, 'hello')
  bob.sql.run('DELETE FROM one_time_prekeys')
  expect(read(await bob.hear(alice, sealed))).toBe('undecryptable: no-prekey')
  const { decryptionError } = asks(bob, alice, sealed)
  expect(alice.signal.archiveIfAbout(alice.signal.unit(), bob.address, decryptionError)).toBe('archived')
})

test('[P71] an error about the session with somebody else, or for another device, sets nothing aside', async () => {
  const alice = person('Alice')
  const bob = person('Bob')
  const carol = person('Carol')
  await alice.meet(bob)
  await alice.meet(carol)
  const { decryptionError } = asks(carol, alice, await alice.say(carol, 'hello'))
  const unit = alice.signal.unit()
  expect(alice.signal.archiveIfAbout(unit, bob.address, decryptionError)).toBe('other')
  const forDeviceTwo = fromBinary(
    RetryRequestSchema,
    bob.signal.retryRequest(
      submission,
      { ...alice.address, device: DeviceId.parse(2) },
      EnvelopeType.PREKEY,
      (await alice.say(bob, 'hi')).bytes,
    ),
  )
  expect(alice.signal.archiveIfAbout(unit, bob.address, forDeviceTwo.decryptionError)).toBe('other')
  expect(alice.signal.hasSession(unit, bob.address)).toBe(true)
})

test('[K12] noise is asked for without blaming a session, and noise as an error is malformed', async () => {
  const alice = person('Alice')
  const bob = person('Bob')
  await alice.meet(bob)
  const noise = { type: EnvelopeType.MESSAGE, bytes: Uint8Array.of(1, 2, 3), registrationId: 1 }
  const { decryptionError } = asks(bob, alice, noise)
  expect(decryptionError.length).toBe(0)
  const unit = alice.signal.unit()
  for (const bytes of [decryptionError, Uint8Array.of(0xc0), new Uint8Array(50).fill(7)]) {
    expect(alice.signal.archiveIfAbout(unit, bob.address, bytes)).toBe('malformed')
  }
})
