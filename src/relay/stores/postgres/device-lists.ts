// The device lists of those who are written to, remembered. Another relay may change them: only what is compared with the
// version in a locked mailbox may count on them.

import type { AccountId } from '../../../shared/ids.ts'
import { MAILBOX_BYTES, MAILBOX_ENVELOPES } from '../../limits.ts'
import type { ListedDevice, OutgoingEnvelope } from '../../store.ts'
import type { Query } from './connect.ts'

export interface KnownList {
  readonly version: number
  readonly devices: readonly ListedDevice[]
}

export interface FreshList extends KnownList {
  /** [P55] Whether a mailbox had no room for its envelope. */
  isFull(envelopes: readonly OutgoingEnvelope[]): boolean
}

export interface DeviceLists {
  known(account: AccountId): KnownList | undefined
  /** Those that are not known. */
  load(accounts: readonly AccountId[]): Promise<void>
  /** Undefined: there is no such account now. */
  loadAfresh(account: AccountId): Promise<FreshList | undefined>
}

/** Some 300 bytes each. */
const MOST_REMEMBERED = 50_000

interface BoxRow extends ListedDevice {
  account: AccountId
  version: number
  held: number
  heldBytes: number
}

const LOAD = {
  name: 'device-lists',
  text: `SELECT m.account, m.device, m.registration_id AS "registrationId", m.list_version AS version, m.held,
      m.held_bytes AS "heldBytes"
    FROM unnest($1::uuid[]) AS asked (account) JOIN mailboxes m ON m.account = asked.account
    ORDER BY m.account, m.device`,
}

export function createDeviceLists(query: Query): DeviceLists {
  const lists = new Map<AccountId, KnownList>()

  async function read(accounts: readonly AccountId[]): Promise<Map<AccountId, BoxRow[]>> {
    const rows = await query<BoxRow>(LOAD, [accounts])
    if (lists.size > MOST_REMEMBERED) lists.clear()
    const found = Map.groupBy(rows, ({ account }) => account)
    for (const [account, boxes] of found)
      lists.set(account, {
        version: boxes[0]?.version ?? 0,
        devices: boxes.map(({ device, registrationId }) => ({ device, registrationId })),
      })
    return found
  }

  return {
    known: (account) => lists.get(account),
    load: async (accounts) => {
      const unknown = new Set(accounts.filter((account) => !lists.has(account)))
      if (unknown.size > 0) await read([...unknown])
    },
    loadAfresh: async (account) => {
      lists.delete(account)
      const boxes = (await read([account])).get(account)
      const list = lists.get(account)
      if (boxes === undefined || list === undefined) return undefined
      return { ...list, isFull: (envelopes) => envelopes.some((envelope) => !hasRoom(boxes, envelope)) }
    },
  }
}

function hasRoom(boxes: readonly BoxRow[], { device, content }: OutgoingEnvelope): boolean {
  const box = boxes.find((candidate) => candidate.device === device)
  if (box === undefined) return false
  return box.held < MAILBOX_ENVELOPES && box.heldBytes + content.length <= MAILBOX_BYTES
}
