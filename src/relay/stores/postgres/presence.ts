// Who is here, in PostgreSQL: when a device was last seen, which connection of it counts, and whether it may stay.

import type { Instant, RegistrationId } from '../../../shared/ids.ts'
import type { Mailbox, Standing } from '../../store.ts'
import { asColumns, boxName, LOCKED_BOXES } from './boxes.ts'
import type { Query } from './connect.ts'
import { column } from './rows.ts'

export interface Seen {
  mailbox: Mailbox
  at: Instant
  /** Of the device: the one that counts from now on. Undefined: it stays what it is. */
  connection?: Uint8Array
}

const SEEN = {
  name: 'seen',
  text: `
    WITH ${LOCKED_BOXES}
    UPDATE mailboxes m SET last_seen_at = s.at, connection = coalesce(s.connection, m.connection)
    FROM box JOIN unnest($1::uuid[], $2::smallint[], $3::bigint[], $4::bytea[]) AS s (account, device, at, connection)
      ON s.account = box.account AND s.device = box.device
    WHERE m.account = box.account AND m.device = box.device`,
}

/** Rows come in any order: \`nth\` counts from 1, as they were asked. */
const STANDING = {
  name: 'standing',
  text: `
    SELECT asked.nth::integer AS nth, a.identity_key AS "identityKey", a.disabled_at AS "disabledAt",
      m.registration_id AS "registrationId", m.last_position AS "lastPosition", m.connection
    FROM unnest($1::uuid[], $2::smallint[]) WITH ORDINALITY AS asked (account, device, nth)
    JOIN accounts a ON a.account = asked.account
    LEFT JOIN mailboxes m ON m.account = asked.account AND m.device = asked.device`,
}

/** In one statement, for each mailbox what came last. */
export async function see(query: Query, batch: readonly Seen[]): Promise<undefined[]> {
  const newest = new Map<string, Seen>()
  for (const seen of batch) {
    const name = boxName(seen.mailbox)
    newest.set(name, { ...newest.get(name), ...seen })
  }
  const each = [...newest.values()]
  await query(SEEN, [
    ...asColumns(each.map(({ mailbox }) => mailbox)),
    column(each.map(({ at }) => at)),
    each.map(({ connection = null }) => connection),
  ])
  return batch.map(() => undefined)
}

export async function standings(query: Query, batch: readonly Mailbox[]): Promise<(Standing | undefined)[]> {
  type Row = Pick<Standing, 'identityKey'> & { nth: number; disabledAt: Instant | null } & (
      | { registrationId: RegistrationId; lastPosition: number; connection: Buffer | null }
      | { registrationId: null; lastPosition: null; connection: null }
    )
  const answers = batch.map((): Standing | undefined => undefined)
  const rows = await query<Row>(STANDING, [
    column(batch.map(({ account }) => account)),
    column(batch.map(({ device }) => device)),
  ])
  for (const { nth, identityKey, disabledAt, registrationId, lastPosition, connection } of rows)
    answers[nth - 1] = {
      identityKey,
      disabledAt: disabledAt ?? undefined,
      box: registrationId === null ? undefined : { registrationId, lastPosition, connection: connection ?? undefined },
    }
  return answers
}
