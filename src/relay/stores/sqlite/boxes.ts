// The mailboxes in use, in memory: their devices, counters and quotas, read once and written back with each commit.

import type { AccountId, DeviceId, RegistrationId } from '../../../shared/ids.ts'
import type { Sql } from '../../../shared/sql.ts'
import type { Mailbox } from '../../store.ts'

/** A row of `mailboxes`. Change the counters through `touch`, or they are not written. */
export interface Box {
  readonly number: number
  readonly device: DeviceId
  readonly registrationId: RegistrationId
  lastPosition: number
  held: number
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
  /** It is about to change: it is written back before the commit. */
  touch(box: Box): Box
  writeBack(): void
  /** Its rows changed otherwise: what is known is written and read anew. */
  forget(account: AccountId): void
  /** Nothing since the last commit counts. */
  forgetAll(): void
}

/** Some 500 bytes each. */
const MOST_REMEMBERED = 20_000

export function createBoxes(sql: Sql): Boxes {
  const known = new Map<AccountId, AccountBoxes>()
  const touched = new Set<Box>()

  function load(account: AccountId): AccountBoxes | undefined {
    const number = sql.get<{ number: number }>('SELECT number FROM accounts WHERE account = ?', [account])?.number
    if (number === undefined) return undefined
    const boxes = sql.all<Box>(
      `SELECT number, device, registration_id AS registrationId, last_position AS lastPosition, held, held_bytes AS heldBytes
       FROM mailboxes WHERE account = ? ORDER BY device`,
      [number],
    )
    return { number, boxes }
  }

  function ofAccount(account: AccountId): AccountBoxes | undefined {
    const found = known.get(account)
    if (found !== undefined) return found
    const loaded = load(account)
    if (loaded === undefined) return undefined
    if (known.size >= MOST_REMEMBERED) {
      writeBack()
      known.clear()
    }
    known.set(account, loaded)
    return loaded
  }

  function writeBack(): void {
    for (const box of touched)
      sql.run('UPDATE mailboxes SET last_position = ?, held = ?, held_bytes = ? WHERE number = ?', [
        box.lastPosition,
        box.held,
        box.heldBytes,
        box.number,
      ])
    touched.clear()
  }

  return {
    ofAccount,
    of: ({ account, device }) => ofAccount(account)?.boxes.find((box) => box.device === device),
    touch: (box) => {
      touched.add(box)
      return box
    },
    writeBack,
    forget: (account) => {
      writeBack()
      known.delete(account)
    },
    forgetAll: () => {
      touched.clear()
      known.clear()
    },
  }
}
