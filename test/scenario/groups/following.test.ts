// Following the streams of groups: what the relay has no time for is read later.

import { afterEach, beforeEach, test } from 'vitest'
import { until } from '../../until.ts'
import { World } from '../../world.ts'

let world: World

beforeEach(async () => {
  world = await World.create({ limits: { streamReads: { burst: 100, perSecond: 0.1 } } })
})

afterEach(() => world.close())

test('[P122][P126] who may not read for now learns later what was said while they were away, though nobody says more', async () => {
  const alice = await world.person('Alice')
  const bob = await world.person('Bob')
  await alice.find(bob)
  const { id } = await alice.gather('Hiking', bob)
  await alice.tell(id, 'one')
  await bob.seesIn(id, ['one'])
  await alice.do('setGroupLink', { conversation: id, on: true })
  const { link } = await alice.do('getGroupLink', { conversation: id })
  await until(async () => {
    const read = await bob.try('readGroupLink', { link })
    return !read.ok && read.failure.code === 'rate-limited'
  }, 'Bob has read as much as he may')
  bob.device.wire.cut()
  await alice.tell(id, 'two')
  bob.device.wire.mend()
  await world.back(bob)
  await bob.comesToSee(id, ['one', 'two'])
})
