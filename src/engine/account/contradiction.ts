// Whether the relay shows others the account that we are: asked at every connect, and told where it does not [P178].

import { type Answer, answer } from '../../shared/answer.ts'
import { bytesToUuid } from '../../shared/ids.ts'
import type { Contradiction } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'
import type { Live } from '../live.ts'
import type { Clock, Log } from '../ports.ts'
import { sameBytes } from '../signal/bytes.ts'
import { verifyDeviceList } from '../signal/device-list.ts'
import type { OwnAccount } from '../signal/own-identity.ts'
import { readAccount } from '../storage/account.ts'
import { forgetContradiction, noteContradiction } from '../storage/own-state.ts'
import type { RelayConnection } from '../sync/connection.ts'
import { Touched } from '../touched.ts'

/** Not again before so many milliseconds: looking up is limited [P36], and connections may come and go. */
const PAUSE = 600_000

export interface ContradictionNeeds {
  sql: Sql
  clock: Clock
  log: Log
  connection: RelayConnection
  account: OwnAccount
  tell(contradiction: Contradiction): void
}

/** Answers what to call when there is a connection. */
export function watchForContradictions(needs: ContradictionNeeds): () => void {
  let last: number | undefined
  return () => {
    const now = needs.clock.monotonic()
    if (last !== undefined && now - last < PAUSE) return
    last = now
    look(needs).then(
      (what) => {
        if (what === 'unanswered') last = undefined
        else if (what !== 'as-we-are') report(needs, what)
      },
      () => needs.log.error('account.contradiction'),
    )
  }
}

async function look(needs: ContradictionNeeds): Promise<Contradiction['what'] | 'as-we-are' | 'unanswered'> {
  const { sql, connection, account, log } = needs
  const stored = readAccount(sql)
  if (stored === undefined) throw new Error('an account at work that is not stored')
  // As anybody asks, before they write to us for the first time.
  const found = await connection.ask({ case: 'lookUp', value: { username: stored.username } }, 'found')
  if (!found.ok) return 'unanswered'
  const key = account.identity.publicKey
  if (bytesToUuid(found.value.account) !== account.account || !sameBytes(found.value.identityKey, key))
    return 'identity'
  const holdings = await connection.ask({ case: 'showHoldings', value: {} }, 'holdings')
  if (!holdings.ok) return 'unanswered'
  if (!sameBytes(holdings.value.identityKey, key)) return 'identity'
  const shown = holdings.value.deviceList
  // The own list is read again: it may have been renewed meanwhile.
  const known = readAccount(sql)?.deviceList
  const verdict = shown && verifyDeviceList(shown, account.account, key, known)
  if (verdict?.is === 'genuine') return 'as-we-are'
  log.warn('account.other-devices', { why: verdict?.why ?? 'missing' })
  return verdict?.why === 'older' ? 'as-we-are' : 'devices'
}

function report({ sql, clock, log, tell }: ContradictionNeeds, what: Contradiction['what']): void {
  log.warn('account.contradicted', { what })
  const contradiction = { what, at: clock.now() }
  sql.transaction(() => noteContradiction(sql, contradiction))
  tell(contradiction)
}

export async function dismissContradiction(live: Live): Promise<Answer<null>> {
  const { sql } = live.ports
  if (sql.transaction(() => forgetContradiction(sql)))
    live.tellAlso(new Touched(), { kind: 'contradiction', contradiction: null })
  return answer(null)
}
