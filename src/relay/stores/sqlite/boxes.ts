// The mailboxes in use, in memory: what each holds, read once, so that taking and forgetting an envelope is one statement.

import type { AccountId, DeviceId, RegistrationId } from '../../../shared/ids.ts'
import type { Sql } from '../../../shared/sql.ts'
import { MAILBOX_BYTES, MAILBOX_ENVELOPES } from '../../limits.ts'
import type { HeldEnvelope, Mailbox, OutgoingEnvelope, Placed } from '../../store.ts'

/** A row of `mailboxes`, and what `envelopes` holds for it. Only the transaction under way may change it. */
export interface Box {
  readonly number: number
  readonly device: DeviceId
  readonly registrationId: RegistrationId
  lastPosition: number
  /** Positions up to here are marked as used on disk. */
  positionsUpTo: number
  /** Bytes of content by position, oldest first. */
  readonly sizes: Map<number, number>
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

/** Where an envelope is in the table: mailboxes one after the other, each in the order of its positions. */
export function placeOf({ number }: Box, position: number): number {
  return number * PLACES_A_MAILBOX + position
}

export function positionAt(place: number): number {
  return place % PLACES_A_MAILBOX
}

/** The last place that belongs to the mailbox. */
export function endOf({ number }: Box): number {
  return (number + 1) * PLACES_A_MAILBOX - 1
}

/** Puts it behind all others. */
export function putEnvelope(sql: Sql, box: Box, envelope: Omit<HeldEnvelope, 'position'>): Placed {
  const { submission, sender, senderDevice, type, content, takenAt } = envelope
  const previous = box.lastPosition
  const position = takePosition(sql, box)
  sql.run(
    `INSERT INTO envelopes (place, submission, sender, sender_device, type, taken_at, content)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    [placeOf(box, position), submission, sender, senderDevice, type, takenAt, content],
  )
  box.sizes.set(position, content.length)
  box.heldBytes += content.length
  return {
    device: box.device,
    previous,
    envelope: { position, submission, sender, senderDevice, type, content, takenAt },
  }
}

/** [P55] Whether one of the mailboxes has no room for its envelope. */
export function isFull({ boxes }: AccountBoxes, envelopes: readonly OutgoingEnvelope[]): boolean {
  return envelopes.some(({ device, content }) => {
    const box = boxes.find((candidate) => candidate.device === device)
    if (box === undefined) return false
    return box.sizes.size >= MAILBOX_ENVELOPES || box.heldBytes + content.length > MAILBOX_BYTES
  })
}

/** The next position of a mailbox, which is never taken again [S5]. */
function takePosition(sql: Sql, box: Box): number {
  box.lastPosition += 1
  if (box.lastPosition > box.positionsUpTo) {
    box.positionsUpTo = box.lastPosition + POSITIONS_AT_ONCE
    sql.run('UPDATE mailboxes SET positions_up_to = ? WHERE number = ?', [box.positionsUpTo, box.number])
  }
  return box.lastPosition
}

export function createBoxes(sql: Sql): Boxes {
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
      boxes: rows.map((row) => ({ ...row, ...loadContents(row.number), lastPosition: row.positionsUpTo })),
    }
  }

  function loadContents(number: number): Pick<Box, 'sizes' | 'heldBytes'> {
    const sizes = new Map<number, number>()
    let heldBytes = 0
    const first = number * PLACES_A_MAILBOX
    const rows = sql.all<{ place: number; size: number }>(
      'SELECT place, length(content) AS size FROM envelopes WHERE place BETWEEN ? AND ? ORDER BY place',
      [first, first + PLACES_A_MAILBOX - 1],
    )
    for (const { place, size } of rows) {
      sizes.set(positionAt(place), size)
      heldBytes += size
    }
    return { sizes, heldBytes }
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
    remembered += loaded.boxes.reduce((sum, { sizes }) => sum + sizes.size, 1)
    if (remembered > MOST_REMEMBERED) forgetAll()
    known.set(account, loaded)
    return loaded
  }

  return {
    ofAccount,
    of: ({ account, device }) => ofAccount(account)?.boxes.find((box) => box.device === device),
    forget: (account) => known.delete(account),
    forgetAll,
  }
}
