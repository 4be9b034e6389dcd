// The mailboxes in use, in memory: what each holds, and where, read once, so that taking an envelope is one statement.

import type { AccountId, DeviceId, Instant, RegistrationId } from '../../../shared/ids.ts'
import type { Sql } from '../../../shared/sql.ts'
import { MAILBOX_BYTES, MAILBOX_ENVELOPES } from '../../limits.ts'
import type { HeldEnvelope, Mailbox, OutgoingEnvelope, Placed, WaitingEnvelope } from '../../store.ts'
import type { Envelopes, PlacedRow, Row } from './envelopes.ts'

/** A row of `mailboxes`, and what `envelopes` holds for it. Only the transaction under way may change it. */
export interface Box {
  readonly number: number
  readonly device: DeviceId
  readonly registrationId: RegistrationId
  lastPosition: number
  /** Positions up to here are marked as used on disk. */
  positionsUpTo: number
  /** By position, oldest first. */
  readonly held: Map<number, Row>
  heldBytes: number
}

export interface AccountBoxes {
  /** Of the row in `accounts`. */
  readonly number: number
  readonly boxes: readonly Box[]
}

export interface Boxes {
  ofAccount(account: AccountId): AccountBoxes | undefined
  of(mailbox: Mailbox): Box | undefined
  /** [S5] Behind all others. */
  put(box: Box, envelope: Omit<HeldEnvelope, 'position'>): Placed
  /** What is not there is passed over. */
  remove(box: Box, positions: readonly number[]): void
  /** Those behind `after`, in their order. */
  read(box: Box, after: number, limit: number): HeldEnvelope[]
  /** Forgets what was taken before. How many that were. */
  expire(box: Box, before: Instant): number
  /** The oldest first. */
  waitingFrom(box: Box, sender: Uint8Array, limit: number): Omit<WaitingEnvelope, 'device'>[]
  /** The mailbox with all it holds. Its account has to be forgotten as well. */
  discard(box: Box): void
  /** Its rows changed otherwise, and are read anew. */
  forget(account: AccountId): void
  /** After a rollback. */
  forgetAll(): void
}

const PLACES_A_MAILBOX = 2 ** 32
/** Positions marked as used at once: a restart leaves a hole of at most so many. */
const POSITIONS_AT_ONCE = 1000
/** Some hundred bytes each, and of each account. */
const MOST_REMEMBERED = 200_000

/** Where an envelope is: mailboxes one after the other, each in the order of its positions. */
function placeOf({ number }: Pick<Box, 'number'>, position: number): number {
  return number * PLACES_A_MAILBOX + position
}

/** The first and the last place that belong to the mailbox. */
function placesOf(box: Pick<Box, 'number'>): [first: number, last: number] {
  return [placeOf(box, 0), placeOf(box, PLACES_A_MAILBOX - 1)]
}

/** [P55] Whether one of the mailboxes has no room for its envelope. */
export function isFull({ boxes }: AccountBoxes, envelopes: readonly OutgoingEnvelope[]): boolean {
  return envelopes.some(({ device, content }) => {
    const box = boxes.find((candidate) => candidate.device === device)
    if (box === undefined) return false
    return box.held.size >= MAILBOX_ENVELOPES || box.heldBytes + content.length > MAILBOX_BYTES
  })
}

export function createBoxes(sql: Sql, envelopes: Envelopes): Boxes {
  const known = new Map<AccountId, AccountBoxes>()
  let remembered = 0

  function load(account: AccountId): AccountBoxes | undefined {
    const number = sql.get<{ number: number }>('SELECT number FROM accounts WHERE account = ?', [account])?.number
    if (number === undefined) return undefined
    const rows = sql.all<Pick<Box, 'number' | 'device' | 'registrationId' | 'positionsUpTo'>>(
      `SELECT number, device, registration_id AS registrationId, positions_up_to AS positionsUpTo
       FROM mailboxes WHERE account = ? ORDER BY device`,
      [number],
    )
    return {
      number,
      boxes: rows.map((row) => ({ ...row, ...loadContents(row), lastPosition: row.positionsUpTo })),
    }
  }

  function loadContents(box: Pick<Box, 'number'>): Pick<Box, 'held' | 'heldBytes'> {
    const held = new Map<number, Row>()
    let heldBytes = 0
    for (const { place, number, size } of envelopes.find(...placesOf(box))) {
      held.set(place % PLACES_A_MAILBOX, { number, size })
      heldBytes += size
    }
    return { held, heldBytes }
  }

  /** The next position of a mailbox, which is never taken again [S5]. */
  function takePosition(box: Box): number {
    box.lastPosition += 1
    if (box.lastPosition > box.positionsUpTo) {
      box.positionsUpTo = box.lastPosition + POSITIONS_AT_ONCE
      sql.run('UPDATE mailboxes SET positions_up_to = ? WHERE number = ?', [box.positionsUpTo, box.number])
    }
    return box.lastPosition
  }

  function remove(box: Box, positions: readonly number[]): void {
    for (const position of positions) {
      const row = box.held.get(position)
      if (row === undefined) continue
      envelopes.remove(placeOf(box, position), row)
      box.held.delete(position)
      box.heldBytes -= row.size
    }
  }

  function forgetAll(): void {
    known.clear()
    remembered = 0
  }

  function ofAccount(account: AccountId): AccountBoxes | undefined {
    const found = known.get(account)
    if (found !== undefined) return found
    const loaded = load(account)
    if (loaded === undefined) return undefined
    remembered += loaded.boxes.reduce((sum, { held }) => sum + held.size, 1)
    if (remembered > MOST_REMEMBERED) forgetAll()
    known.set(account, loaded)
    return loaded
  }

  return {
    ofAccount,
    of: ({ account, device }) => ofAccount(account)?.boxes.find((box) => box.device === device),
    put: (box, envelope) => {
      const previous = box.lastPosition
      const position = takePosition(box)
      const row = envelopes.put(placeOf(box, position), envelope)
      box.held.set(position, row)
      box.heldBytes += row.size
      const { submission, sender, senderDevice, type, content, takenAt } = envelope
      const held = { position, submission, sender, senderDevice, type, content, takenAt }
      return { device: box.device, previous, envelope: held }
    },
    remove,
    // They are in the order they were taken.
    expire: (box, before) => {
      const expired: number[] = []
      for (const [position, row] of box.held) {
        if (envelopes.takenAt(row) >= before) break
        expired.push(position)
      }
      remove(box, expired)
      return expired.length
    },
    waitingFrom: (box, sender, limit) => envelopes.waitingFrom(...placesOf(box), sender, limit),
    read: (box, after, limit) => {
      const rows: PlacedRow[] = []
      for (const [position, { number, size }] of box.held) {
        if (position <= after) continue
        if (rows.length === limit) break
        rows.push({ place: placeOf(box, position), number, size })
      }
      return envelopes.read(rows)
    },
    discard: ({ number }) => {
      envelopes.flush()
      sql.run('DELETE FROM mailboxes WHERE number = ?', [number])
    },
    forget: (account) => known.delete(account),
    forgetAll,
  }
}
