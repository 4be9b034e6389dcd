// What is said in a group, sealed once for everybody in one's session of the newest epoch; and unsealed again, while nothing
// of it was taken [P127][P132][P135].

import type { GroupState } from '../../protocol/groups/state.ts'
import type { GroupId, MessageId } from '../../shared/ids.ts'
import type { Sql } from '../../shared/sql.ts'
import type { SignalUnit } from '../signal/unit.ts'
import {
  dropFromGroupOutbox,
  findInGroupOutbox,
  type GroupOutboxRow,
  ownGroupSession,
  setOwnGroupSession,
  unsealGroupMessages,
} from '../storage/group-outbox.ts'
import { readEnvelope, writeEnvelope, writeGroupContent } from './content.ts'
import type { GroupNeeds } from './needs.ts'
import { sessionToSpeakIn } from './own-session.ts'

export interface SealedMessage {
  epoch: number
  /** Exactly as it is to leave. */
  bytes: Uint8Array
  /** In the transaction that flushes the unit. */
  write(): void
}

/** In a unit that the caller commits. Begins a session if there is none of this epoch: then keys are owed. */
export async function sealMessage(
  needs: GroupNeeds,
  unit: SignalUnit,
  state: GroupState,
  said: Pick<GroupOutboxRow, 'message' | 'body' | 'at'>,
): Promise<SealedMessage> {
  const { group } = state
  const { session, write } = await sessionToSpeakIn(needs, unit, state)
  const { epoch } = session
  const sender = { account: needs.own.account, device: needs.own.device }
  const place = { group, epoch, sender, message: said.message, session: session.session }
  const sequence = session.sequence + 1
  const content = writeGroupContent(said.body, place, sequence, said.at)
  const ciphertext = await needs.sessions.seal(unit, session.session, content)
  return {
    epoch,
    bytes: writeEnvelope(epoch, session.session, sender, ciphertext),
    write() {
      write()
      setOwnGroupSession(needs.sql, group, { ...session, sequence })
    },
  }
}

/**
 * In a transaction: this one, and what was sealed behind it, is sealed anew when its turn comes. Their numbers are free
 * again, or the others would miss messages that never were [P134].
 */
export function unsealFrom(sql: Sql, group: GroupId, id: number): void {
  const unsealed = unsealGroupMessages(sql, group, id)
  const own = ownGroupSession(sql, group)
  if (own === undefined) return
  const ofIt = unsealed.filter((bytes) => readEnvelope(bytes)?.session === own.session)
  setOwnGroupSession(sql, group, { ...own, sequence: own.sequence - ofIt.length })
}

/** In a transaction, once what has left is noted: what has not left does not leave any more. */
export function withdraw(sql: Sql, group: GroupId, message: MessageId): void {
  const row = findInGroupOutbox(sql, group, message)
  if (row === undefined) return
  if (row.state === 'sealed') unsealFrom(sql, group, row.id)
  dropFromGroupOutbox(sql, group, message)
}
