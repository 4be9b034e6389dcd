// What could not be read is read when its key has come, in the place where it stands.

import type { GroupState } from '../../protocol/groups/state.ts'
import { type GroupSessionId, groupConversation, type Instant, type MessageId } from '../../shared/ids.ts'
import { recount, settleEarly } from '../messages/change.ts'
import type { AnnouncedSession } from '../signal/group-sessions.ts'
import type { SignalUnit } from '../signal/unit.ts'
import {
  dropSealedItem,
  lastSequence,
  type SealedItemRow,
  sealedItemsOf,
  setLastSequence,
} from '../storage/group-items.ts'
import { findMessage, healMessage, type MessageRow, removeMessage } from '../storage/messages.ts'
import type { Touched } from '../touched.ts'
import { type ReadGroupContent, readGroupContent } from './content.ts'
import { nameOf } from './names.ts'
import type { GroupNeeds } from './needs.ts'
import { takeChange } from './timeline.ts'

/** Of one session: as many as its messages may be. */
const MOST = 5_000
/** Milliseconds of reading before others have their turn. */
const TURN = 8

export interface Healed {
  /** In the transaction that flushes the unit and stores the sessions. Returns what can be read now. */
  write(touched: Touched): MessageRow[]
}

/** Reads what waited for these sessions, which are not stored yet. */
export async function healSession(
  needs: GroupNeeds,
  unit: SignalUnit,
  { group }: GroupState,
  sessions: readonly AnnouncedSession[],
): Promise<Healed> {
  const { sql, clock, log, own } = needs
  const read: { item: SealedItemRow; content: ReadGroupContent | undefined; at: Instant }[] = []
  /** [P134] What comes behind is counted from here. */
  const numbers = new Map<GroupSessionId, number>()
  let turn = clock.monotonic()
  for (const session of sessions) {
    const owner = { account: session.owner, device: session.device }
    for (const item of sealedItemsOf(sql, group, session.session, MOST)) {
      const isIts = item.sender === owner.account && item.sender_device === owner.device && item.epoch === session.epoch
      const from = { session: session.session, owner, distribution: session.distribution }
      const opened = isIts ? await needs.sessions.read(unit, from, item.data) : undefined
      const place = { group, epoch: item.epoch, sender: owner, message: item.message, session: session.session }
      const content = opened?.is === 'plaintext' ? readGroupContent(opened.plaintext, place) : undefined
      if (content === undefined) log.warn('groups.unreadable', { why: 'after its key came' })
      numbers.set(session.session, Math.max(numbers.get(session.session) ?? 0, content?.sequence ?? 0))
      read.push({ item, content, at: Math.min(content?.at ?? item.time, item.time) as Instant })
      if (clock.monotonic() - turn > TURN) {
        await clock.breathe()
        turn = clock.monotonic()
      }
    }
  }
  return {
    write(touched) {
      const rows: MessageRow[] = []
      for (const [session, number] of numbers)
        if (number > lastSequence(sql, session)) setLastSequence(sql, session, number)
      for (const { item, content, at } of read) {
        dropSealedItem(sql, item.message)
        if (content?.body.case !== 'text') {
          drop(item.message, touched)
          const said = content && { content, message: item.message }
          if (said) takeChange(sql, touched, groupConversation(group), item.sender, said)
        } else {
          const { text } = content.body.value
          const healed = { text, sent_at: at, epoch: item.epoch, author_name: nameOf(sql, item.sender) }
          const row = healMessage(sql, item.message, healed)
          // What was said about it before.
          const settled = row && settleEarly(sql, touched, row, own.account)
          touched.message(settled)
          if (settled?.kind === 'text') rows.push(settled)
        }
      }
      return rows
    },
  }

  /** [P139] It was no message, or none of its sender's: nobody has to read it. */
  function drop(message: MessageId, touched: Touched): void {
    const row = findMessage(sql, message)
    if (row === undefined) return
    removeMessage(sql, message)
    recount(sql, row.conversation)
    touched.goneMessage(row)
  }
}
