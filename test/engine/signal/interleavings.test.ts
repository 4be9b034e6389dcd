// Two devices and a relay that delivers as it likes: whatever is delivered is read exactly once, or told to be a duplicate.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Sealed } from '../../../src/engine/signal/signal.ts'
import { type Person, person, read } from './people.ts'

interface UnderWay {
  from: Person
  to: Person
  text: string
  sealed: Sealed
}

/** What both have done, and what the relay holds. */
class World {
  readonly alice = person('Alice')
  readonly bob = person('Bob')
  readonly #relay: UnderWay[] = []
  readonly #read = new Set<string>()
  #written = 0

  async write(fromAlice: boolean, dies: boolean): Promise<void> {
    const [from, to] = fromAlice ? [this.alice, this.bob] : [this.bob, this.alice]
    if (!from.signal.hasSession(from.signal.unit(), to.address)) await from.meet(to)
    const text = `${from === this.alice ? 'Alice' : 'Bob'} ${this.#written++}`
    if (dies) {
      // Killed between sealing and the commit: nothing of it has left.
      await from.signal.seal(from.signal.unit(), to.address, new TextEncoder().encode(text))
    } else {
      this.#relay.push({ from, to, text, sealed: await from.say(to, text) })
    }
  }

  async deliver(which: number, forget: boolean, dies: boolean): Promise<void> {
    const at = which % Math.max(1, this.#relay.length)
    const envelope = this.#relay[at]
    if (envelope === undefined) return
    const { from, to, text, sealed } = envelope
    const expected = this.#read.has(text) ? 'duplicate' : text
    if (dies) {
      const opened = await to.signal.open(to.signal.unit(), from.address, sealed.type, sealed.bytes)
      expect(read(opened)).toBe(expected)
      return
    }
    expect(read(await to.hear(from, sealed))).toBe(expected)
    this.#read.add(text)
    if (forget) this.#relay.splice(at, 1)
  }

  lose(which: number): void {
    this.#relay.splice(which % Math.max(1, this.#relay.length), 1)
  }

  /** In the end all that the relay still holds can be read. */
  async deliverRest(): Promise<void> {
    while (this.#relay.length > 0) await this.deliver(0, true, false)
  }
}

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ does: fc.constant('write' as const), fromAlice: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({ does: fc.constant('deliver' as const), which: fc.nat(50), forget: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('lose' as const), which: fc.nat(50) }) },
)
const schedule = fc.array(fc.record({ step, dies: fc.boolean() }), { minLength: 5, maxLength: 60 })

test('[P40][F11][F12][F15] any order of writing, delivering, repeating, losing and crashing', async () => {
  await fc.assert(
    fc.asyncProperty(schedule, async (steps) => {
      const world = new World()
      for (const { step, dies } of steps) {
        if (step.does === 'write') await world.write(step.fromAlice, dies)
        else if (step.does === 'deliver') await world.deliver(step.which, step.forget, dies)
        else world.lose(step.which)
      }
      await world.deliverRest()
    }),
    { numRuns: 25 },
  )
}, 60_000)
