// People for the tests of sessions: each with an account, a database, and prekeys a relay would hand out.

import { create } from '@bufbuild/protobuf'
import { createAccount } from '../../../src/engine/account/create.ts'
import { readyUploads } from '../../../src/engine/account/prekeys.ts'
import type { Clock, Random } from '../../../src/engine/ports.ts'
import type { Address } from '../../../src/engine/signal/address.ts'
import type { OwnAccount } from '../../../src/engine/signal/own-identity.ts'
import { createSignal, type Opened, type Sealed, type Signal } from '../../../src/engine/signal/signal.ts'
import type { SignalUnit } from '../../../src/engine/signal/unit.ts'
import { migrate } from '../../../src/engine/storage/migrate.ts'
import { migrations } from '../../../src/engine/storage/migrations.ts'
import {
  type KeyBundle,
  KeyBundleSchema,
  KeysNeededSchema,
  UploadKeysSchema,
} from '../../../src/protocol/generated/relay_pb.ts'
import { Instant, Username } from '../../../src/shared/ids.ts'
import { openSql, type TestSql } from '../open-sql.ts'

export const START = Instant.parse(1_800_000_000_000)

/** A clock that the test moves. */
export interface TestClock extends Clock {
  move(milliseconds: number): void
}

export function testClock(): TestClock {
  let now: number = START
  return {
    now: () => Instant.parse(now),
    monotonic: () => now,
    after: () => () => {},
    breathe: async () => {},
    move: (milliseconds) => {
      now += milliseconds
    },
  }
}

export const random: Random = {
  bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  uuid: () => crypto.randomUUID(),
  fraction: () => 0.5,
}

export interface Person {
  own: OwnAccount
  address: Address
  sql: TestSql
  clock: TestClock
  signal: Signal
  /** What a relay would answer to who asks for this person's keys. */
  bundle(kind?: 'one-time' | 'last-resort'): KeyBundle
  /** Does work in a unit and commits it. */
  commit<T>(work: (unit: SignalUnit) => Promise<T> | T): Promise<T>
  /** Fetches the bundle of somebody and begins a session. */
  meet(other: Person, kind?: 'one-time' | 'last-resort'): Promise<string>
  say(other: Person, text: string): Promise<Sealed>
  hear(other: Person, sealed: Sealed): Promise<Opened>
}

/** A new person, with a database of their own. */
export function person(name: string): Person {
  const sql = openSql()
  const clock = testClock()
  migrate(sql, migrations)
  const own = createAccount(
    { sql, clock, random },
    { username: Username.parse(name.toLowerCase()), name, relay: { kind: 'this-computer' } },
  )
  return personOf(sql, clock, own)
}

/** The person a database belongs to. */
export function personOf(sql: TestSql, clock: TestClock, own: OwnAccount): Person {
  const signal = createSignal({ sql, clock }, own)
  const held = create(UploadKeysSchema)
  const restock = () => {
    const needed = create(KeysNeededSchema, {
      signedPrekey: true,
      lastResortPrekey: true,
      oneTimeEc: 2,
      oneTimeKyber: 2,
    })
    const [upload] = readyUploads({ sql, clock }, own, needed)
    Object.assign(held, upload)
  }
  const commit: Person['commit'] = async (work) => {
    const unit = signal.unit()
    const value = await work(unit)
    sql.transaction(() => unit.flush())
    unit.settled()
    return value
  }
  const self: Person = {
    own,
    address: { account: own.account, device: own.device },
    sql,
    clock,
    signal,
    bundle: (kind = 'one-time') => {
      if (held.oneTimeEc.length === 0) restock()
      const bundle = create(KeyBundleSchema, { device: own.device, registrationId: own.registrationId })
      const oneTimeEc = kind === 'one-time' ? held.oneTimeEc.shift() : undefined
      const kyber = kind === 'one-time' ? held.oneTimeKyber.shift() : held.lastResortPrekey
      return Object.assign(bundle, { oneTimeEc, kyber, signedPrekey: held.signedPrekey })
    },
    commit,
    meet: (other, kind) =>
      commit((unit) => signal.begin(unit, other.address, other.bundle(kind), other.own.identity.publicKey)),
    say: (other, text) => commit((unit) => signal.seal(unit, other.address, new TextEncoder().encode(text))),
    hear: (other, sealed) => commit((unit) => signal.open(unit, other.address, sealed.type, sealed.bytes)),
  }
  return self
}

/** What was read, or what became of it instead. */
export function read(opened: Opened): string {
  if (opened.is === 'content') return new TextDecoder().decode(opened.plaintext)
  return opened.is === 'duplicate' ? 'duplicate' : `undecryptable: ${opened.why}`
}
