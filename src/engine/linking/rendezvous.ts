// A rendezvous as one side has it: say something, hear something, until it is over [P102].

import { RENDEZVOUS_LIFETIME } from '../../protocol/limits.ts'
import { type Answer, answer } from '../../shared/answer.ts'
import type { Failure } from '../../shared/failure.ts'
import { Instant } from '../../shared/ids.ts'
import type { LinkCode } from '../../shared/link-code.ts'
import type { Clock } from '../ports.ts'
import type { RelayConnection } from '../sync/connection.ts'

export interface Rendezvous {
  /** 16 bytes: the id of the relay it is at. */
  relay: Uint8Array
  expiresAt: Instant
  say(content: Uint8Array): Promise<Answer<null>>
  /** For both. Nothing is heard afterwards. */
  leave(): void
}

export interface RendezvousListener {
  heard(content: Uint8Array): void
  /** Once: the other side left, the connection is lost, or its time is over. */
  over(failure: Failure): void
}

/** For a device that has an account, over the connection it has. */
export async function joinRendezvous(
  { connection, clock }: { connection: RelayConnection; clock: Clock },
  code: LinkCode,
  listener: RendezvousListener,
): Promise<Answer<Rendezvous>> {
  let isOver = false
  function end(): boolean {
    if (isOver) return false
    isOver = true
    connection.meet(undefined)
    callOff()
    return true
  }
  // The relay ends it by itself; one that does not, would have us wait for ever.
  const callOff = clock.after(RENDEZVOUS_LIFETIME + 1000, over)
  function over(): void {
    if (end()) listener.over({ code: 'link-broken' })
  }
  connection.meet({ heard: listener.heard, over })
  const joined = await connection.ask({ case: 'joinRendezvous', value: { code } }, 'rendezvousJoined')
  const relay = connection.welcome()?.relay
  if (!joined.ok || relay === undefined) {
    end()
    return joined.ok ? { ok: false, failure: { code: 'not-connected' } } : joined
  }
  return answer({
    relay,
    expiresAt: Instant.parse(Number(joined.value.expiresMs)),
    async say(content) {
      const said = await connection.ask(
        { case: 'sayInRendezvous', value: { content: new Uint8Array(content) } },
        'rendezvousSaid',
      )
      return said.ok ? answer(null) : said
    },
    leave() {
      if (!end()) return
      // That it did not arrive is nobody's trouble: the rendezvous ends with the connection, too.
      connection.askAny({ case: 'leaveRendezvous', value: {} }).catch(() => undefined)
    },
  })
}
