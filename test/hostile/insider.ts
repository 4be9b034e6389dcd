// A member who does not play by the rules: what they have is real, what they make of it is not.

import { create, toBinary } from '@bufbuild/protobuf'
import { IdentityKeyPair } from '@signalapp/libsignal-client'
import type { Log, LogFields } from '../../src/engine/ports.ts'
import { findGroupState } from '../../src/engine/storage/groups.ts'
import { SolicitationSchema } from '../../src/protocol/generated/group_pb.ts'
import type { StreamKind } from '../../src/protocol/generated/relay_pb.ts'
import { buildEntry } from '../../src/protocol/groups/build.ts'
import type { Change } from '../../src/protocol/groups/change.ts'
import { loadState } from '../../src/protocol/groups/save.ts'
import type { GroupState } from '../../src/protocol/groups/state.ts'
import { type AccountId, bytesToUuid, type DeviceId, type GroupId, Instant, uuidToBytes } from '../../src/shared/ids.ts'
import type { Person } from '../person.ts'
import { signedBy } from '../protocol/group-log.ts'
import type { World } from '../world.ts'
import type { EvilRelay } from './evil-relay.ts'

/** What their device knows of the log. */
export function stateOf({ device }: Person, group: GroupId): GroupState {
  const saved = findGroupState(device.sql, group)
  const state = saved === undefined ? undefined : loadState(saved)
  if (state === undefined) throw new Error('nothing is known of that group')
  return state
}

/** The key that vouches for all of theirs. */
export function identityOf({ device }: Person): IdentityKeyPair {
  const row = device.sql.get<{ identity: Uint8Array }>('SELECT identity FROM own_account')
  if (row === undefined) throw new Error('nobody')
  return IdentityKeyPair.deserialize(new Uint8Array(row.identity))
}

/** An entry of theirs on top of what they know, properly signed, whether they may or not. */
export function entryOf(world: World, person: Person, group: GroupId, change: Change): Uint8Array<ArrayBuffer> {
  const by = { actor: person.account, device: 1 as DeviceId, at: Instant.parse(world.clock.now()) }
  return signedBy({ identity: identityOf(person) }, buildEntry(stateOf(person, group), by, change))
}

/** Sessions of the group that they could open messages of. */
export function vaultOf({ device }: Person, group: GroupId): { session: string; owner: AccountId; epoch: number }[] {
  return device.sql
    .all<{ session: Uint8Array; owner: AccountId; epoch: number }>(
      'SELECT session, owner, epoch FROM group_sessions WHERE group_id = ? ORDER BY epoch, owner',
      [group],
    )
    .map(({ session, owner, epoch }) => ({ session: bytesToUuid(session) ?? '', owner, epoch }))
}

/** Never tells this account any keys. */
export function keepsKeysFrom({ device }: Person, account: AccountId): void {
  device.sql.run('DELETE FROM key_deliveries WHERE account = ?', [account])
  device.sql.run(
    `CREATE TEMP TRIGGER keeps_keys BEFORE INSERT ON key_deliveries WHEN NEW.account = '${account}'
     BEGIN SELECT RAISE(IGNORE); END`,
  )
}

/** Owes somebody all their keys of the group, asked or not: they are given the next time that any are. */
export function owesKeysTo({ device: { sql } }: Person, group: GroupId, account: AccountId): void {
  sql.run(
    `INSERT INTO key_deliveries (group_id, account, key, due_at) SELECT group_id, ?, session, 0 FROM group_sessions
     WHERE group_id = ? ON CONFLICT DO UPDATE SET due_at = 0`,
    [account, group],
  )
}

/** In their name, past their messenger. */
export function publishAs(
  evil: EvilRelay,
  person: Person,
  group: GroupId,
  kind: StreamKind,
  content: Uint8Array,
): void {
  const message = crypto.getRandomValues(new Uint8Array(16))
  evil
    .victim(person.account)
    .ask({ case: 'publish', value: { group: uuidToBytes(group), message, kind, content: new Uint8Array(content) } })
}

/** An entry of theirs, past their messenger; the relay takes it, if it may. */
export function appendAs(evil: EvilRelay, world: World, person: Person, group: GroupId, change: Change): void {
  evil.victim(person.account).ask({
    case: 'appendEntry',
    value: { group: uuidToBytes(group), entry: entryOf(world, person, group, change), linkSecret: new Uint8Array() },
  })
}

/** What asks for these keys. */
export function solicitation(ids: Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  return toBinary(SolicitationSchema, create(SolicitationSchema, { ids }))
}

/** What somebody has asked for, as a person's device knows it. */
export function openRequests({ device }: Person, asker: Person) {
  return device.sql
    .all<{ solicitation: Uint8Array; key: Uint8Array }>(
      'SELECT solicitation, key FROM solicited_keys WHERE account = ?',
      [asker.account],
    )
    .map(({ solicitation, key }) => ({ solicitation: new Uint8Array(solicitation), key: new Uint8Array(key) }))
}

/** Whom a person's device has given this key, and which of their devices. */
export function givenTo({ device }: Person, account: AccountId, key: Uint8Array): { device: DeviceId }[] {
  return device.sql.all('SELECT device FROM key_holders WHERE account = ? AND key = ?', [account, key])
}

/** A log that a test reads: `event why`. */
export function createListeningLog(): Log & { readonly heard: string[] } {
  const heard: string[] = []
  const note = (event: string, { why }: LogFields = {}) =>
    void heard.push(why === undefined ? event : `${event} ${why}`)
  return { heard, debug: () => {}, info: () => {}, warn: note, error: note }
}
