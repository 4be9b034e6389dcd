// The rows of mailboxes: who writes to one holds its lock, and takes several in one order, so that nobody waits in a ring.

import type { Mailbox } from '../../store.ts'
import { column } from './rows.ts'

/**
 * The first part of a statement about the mailboxes $1 (accounts) and $2 (devices), each named once: locks them, as they
 * are after whoever held them before. `number` counts them from 1, as they were named.
 */
export const LOCKED_BOXES = `
  box AS MATERIALIZED (
    SELECT asked.number, m.account, m.device, m.list_version, m.last_position, m.held, m.held_bytes
    FROM unnest($1::uuid[], $2::smallint[]) WITH ORDINALITY AS asked (account, device, number)
    JOIN mailboxes m ON m.account = asked.account AND m.device = asked.device
    ORDER BY m.account, m.device
    FOR UPDATE OF m
  )`

/** $1 and $2 of such a statement. */
export function asColumns(mailboxes: Iterable<Mailbox>): [accounts: string, devices: string] {
  const each = [...new Map([...mailboxes].map((mailbox) => [boxName(mailbox), mailbox])).values()]
  return [column(each.map(({ account }) => account)), column(each.map(({ device }) => device))]
}

export function boxName({ account, device }: Mailbox): string {
  return `${account}.${device}`
}
