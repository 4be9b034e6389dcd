// First messages: keys agreed on while one of the two is away.

import { expect, test } from 'vitest'
import { EnvelopeType } from '../../../src/protocol/generated/relay_pb.ts'
import { person, read } from './people.ts'

test('[X1][X4][K7][P40] Alice writes while Bob is away; he reads it, and their answers go both ways', async () => {
  const alice = person('Alice')
  const bob = person('Bob')
  expect(await alice.meet(bob)).toBe('begun')
  const first = await alice.say(bob, 'Are you there?')
  const second = await alice.say(bob, 'Never mind.')
  expect([first.type, second.type]).toEqual([EnvelopeType.PREKEY, EnvelopeType.PREKEY])
  expect(first.registrationId).toBe(bob.own.registrationId)

  expect(await bob.hear(alice, first)).toMatchObject({ is: 'content', sessionBegan: true, identity: 'new' })
  expect(await bob.hear(alice, second)).toMatchObject({ is: 'content', sessionBegan: false, identity: 'known' })

  const answer = await bob.say(alice, 'I am now.')
  expect(answer.type).toBe(EnvelopeType.MESSAGE)
  expect(read(await alice.hear(bob, answer))).toBe('I am now.')
  const third = await alice.say(bob, 'Good.')
  expect(third.type).toBe(EnvelopeType.MESSAGE)
  expect(read(await bob.hear(alice, third))).toBe('Good.')
})
