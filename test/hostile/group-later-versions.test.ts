// What a later version may put into a stream: those who do not know it go on without it.

import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeEnvelope } from '../../src/engine/groups/content.ts'
import { type Algorithm, GroupEnvelopeSchema } from '../../src/protocol/generated/group_pb.ts'
import { StreamKind } from '../../src/protocol/generated/relay_pb.ts'
import { DeviceId, GroupSessionId, MessageId, uuidToBytes } from '../../src/shared/ids.ts'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'
import { EvilRelay } from './evil-relay.ts'
import { createListeningLog, vaultOf } from './insider.ts'

let world: World
let evil: EvilRelay
let alice: Person
let bob: Person
const log = createListeningLog()

beforeEach(async () => {
  log.heard.length = 0
  world = await World.create({ log })
  evil = await EvilRelay.before(() => world.address())
  alice = await world.person('Alice', evil.address)
  bob = await world.person('Bob', evil.address)
  await alice.find(bob)
})

afterEach(async () => {
  await world.close()
  await evil.close()
})

test('[D3] an algorithm that is not known is left out with a note, and breaks nothing', async () => {
  const { id, group } = await alice.gather('Hiking', bob)
  await alice.tell(id, 'Before')
  await bob.seesIn(id, ['Before'])
  const session = GroupSessionId.parse(vaultOf(alice, group)[0]?.session)
  const owner = { account: alice.account, device: DeviceId.parse(1) }
  const envelope = fromBinary(GroupEnvelopeSchema, writeEnvelope(1, session, owner, new Uint8Array(64).fill(7)))
  if (envelope.data !== undefined) envelope.data.algorithm = 77 as Algorithm
  const content = toBinary(GroupEnvelopeSchema, envelope)
  const message = MessageId.parse(crypto.randomUUID())
  evil.victim(alice.account).ask({
    case: 'publish',
    value: { group: uuidToBytes(group), message: uuidToBytes(message), kind: StreamKind.SEALED, content },
  })
  await until(() => log.heard.includes('groups.ignored unknown-algorithm'), 'it is noted')
  await alice.tell(id, 'After')
  await bob.seesIn(id, ['Before', 'After'])
  const { halted } = await bob.do('getGroup', { conversation: id })
  expect(halted).toBeNull()
  expect((await bob.snapshot()).conversations.find((one) => one.id === id)).toMatchObject({ unread: 2 })
  await bob.reopen()
  await bob.online()
  await bob.tell(id, 'Still here')
  await alice.seesIn(id, ['Before', 'After', 'Still here'])
})
