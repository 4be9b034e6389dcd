// What the folder works with: the account at work, and the sessions of groups.

import type { GroupState } from '../../protocol/groups/state.ts'
import type { GroupId } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import type { CrashPoint } from '../crash-points.ts'
import type { Own } from '../own.ts'
import type { Clock, Log, Random } from '../ports.ts'
import type { Queue } from '../queue.ts'
import type { GroupSessions } from '../signal/group-sessions.ts'
import type { OwnAccount } from '../signal/own-identity.ts'
import type { Signal } from '../signal/signal.ts'
import type { RelayConnection } from '../sync/connection.ts'
import type { Peers } from '../sync/peers.ts'
import type { Touched } from '../touched.ts'

export interface GroupNeeds {
  sql: Sql
  clock: Clock
  random: Random
  log: Log
  /** Everything that moves a ratchet or a sender key, one at a time [P41]. */
  work: Queue
  signal: Signal
  sessions: GroupSessions
  connection: RelayConnection
  peers: Peers
  own: Own
  account: OwnAccount
  /** After the commit with which one became a member: the own devices are told. */
  entered(group: GroupId): void
  /** Whether authors are told what was read, and told so by others [P63]. */
  tellsOfReading(): boolean
  /** Whether this account has other devices than this one. */
  hasOtherDevices(): boolean
  /** Whether a device that was told the newest keys is gone from its owner's list [G4]. */
  lostDevices(state: GroupState): boolean
  tell(touched: Touched): void
  crash(point: CrashPoint): void
}
