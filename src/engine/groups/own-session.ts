// One's own session in a group: a fresh sender key for each epoch, and everybody owed it [P127][P131].

import { type GroupState, newestEpoch } from '../../protocol/groups/state.ts'
import { SESSION_SALT_BYTES } from '../../protocol/signed.ts'
import { type AccountId, type GroupId, uuidToBytes } from '../../shared/ids.ts'
import type { SignalUnit } from '../signal/unit.ts'
import { type OwnGroupSession, ownGroupSession, setOwnGroupSession } from '../storage/group-outbox.ts'
import { addGroupSession } from '../storage/group-sessions.ts'
import { oweKey, oweKeyTo } from '../storage/key-deliveries.ts'
import type { GroupNeeds } from './needs.ts'

export interface SpokenIn {
  session: OwnGroupSession
  /** In the transaction that flushes the unit. */
  write(): void
}

/** The session to speak in now; begun in the unit if there is none of this epoch. */
export async function sessionToSpeakIn(needs: GroupNeeds, unit: SignalUnit, state: GroupState): Promise<SpokenIn> {
  const { sql, clock, random, own } = needs
  const epoch = newestEpoch(state).number
  const known = ownGroupSession(sql, state.group)
  if (known?.epoch === epoch) return { session: known, write: () => undefined }
  const announced = await needs.sessions.begin(unit, state.group, epoch, random.bytes(SESSION_SALT_BYTES))
  const session = { session: announced.session, epoch, sequence: 0, lost: false }
  return {
    session,
    write() {
      const now = clock.now()
      // The own vault keeps it wherever others keep theirs: own devices ask for it, and members who come later.
      addGroupSession(sql, { ...announced, sharedBy: own.account, learnedAt: now })
      setOwnGroupSession(sql, state.group, session)
      oweToMembers(needs, state, uuidToBytes(announced.session))
    },
  }
}

/** [D10] Every member, oneself for one's other devices. */
export function oweToMembers({ sql, clock }: GroupNeeds, state: GroupState, key: Uint8Array): void {
  oweKeyTo(sql, state.group, [...state.members.keys()], key, clock.now())
}

export function oweTo(needs: GroupNeeds, group: GroupId, account: AccountId, keys: readonly Uint8Array[]): void {
  const now = needs.clock.now()
  for (const key of keys) oweKey(needs.sql, { group_id: group, account, key, due_at: now })
}
