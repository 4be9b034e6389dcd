// A world to tell stories in: a real relay on a real socket, real databases, a clock that only we move, and people.

import { copyFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAccount, randomRegistrationId } from '../src/engine/account/create.ts'
import { addDevice, adoptAccount } from '../src/engine/devices/adopt.ts'
import { type Messenger, openMessenger } from '../src/engine/messenger.ts'
import type { Generation, Log, Ports, Random, RelayAddress } from '../src/engine/ports.ts'
import { verifySignature } from '../src/engine/signal/verify.ts'
import { migrate } from '../src/engine/storage/migrate.ts'
import { migrations } from '../src/engine/storage/migrations.ts'
import { createBlobTransfer } from '../src/host/blob-transfer.ts'
import { systemRandom } from '../src/host/random.ts'
import { openSqlite } from '../src/host/sqlite.ts'
import { createWire } from '../src/host/wire.ts'
import { type Bell, createBell } from '../src/relay/bell.ts'
import { openDiskBlobs } from '../src/relay/blobs/disk.ts'
import { DEFAULT_LIMITS, type RelayLimits } from '../src/relay/limits.ts'
import { createRelay, type Relay } from '../src/relay/relay.ts'
import type { AdministeredStore, RelayStore, StoreTotals } from '../src/relay/store.ts'
import { settleRestored } from '../src/relay/stores/sqlite/restored.ts'
import { openSqliteStore } from '../src/relay/stores/sqlite.ts'
import { type AccountId, ProfileName } from '../src/shared/ids.ts'
import type { Sql } from '../src/shared/sql.ts'
import { createTestClock, type TestClock } from './clock.ts'
import { createHoldableWire, type HoldableWire } from './holdable-wire.ts'
import { Person } from './person.ts'
import { silentLog } from './silent-log.ts'
import { until } from './until.ts'
import { createWiretap, type Wiretap } from './wiretap.ts'

/** Of every database in a story. */
const DATABASE_KEY = new Uint8Array(32).fill(7)

/** Real milliseconds that somebody who is about to connect has, before the clock runs on. */
const CONNECTED_WITHIN = 500
/** Real milliseconds until somebody has to be connected again. */
const BACK_WITHIN = 60_000
/** Nobody in a story is held up by a limit, but where the story is about limits. */
const GENEROUS: RelayLimits = {
  ...DEFAULT_LIMITS,
  submissions: { burst: 1e9, perSecond: 1e9 },
  keyFetches: { burst: 1e9, perSecond: 1e9 },
  keyFetchesInGroups: { burst: 1e9, perSecond: 1e9 },
  keyFetchesOfOne: { burst: 1e9, perSecond: 1e9 },
  keyFetchesOfOwn: { burst: 1e9, perSecond: 1e9 },
  lookUps: { burst: 1e9, perSecond: 1e9 },
  deviceLists: { burst: 1e9, perSecond: 1e9 },
  registrations: { burst: 1e9, perSecond: 1e9 },
  uploads: { burst: 1e9, perSecond: 1e9 },
  transfers: { burst: 1e9, perSecond: 1e9 },
  rendezvous: { burst: 1e9, perSecond: 1e9 },
  joinings: { burst: 1e9, perSecond: 1e9 },
}

export interface WorldOptions {
  limits?: Partial<RelayLimits>
  /** Put in front of the relay's store. */
  store?: (real: RelayStore) => RelayStore
  /** What the relay and every device say to it. */
  log?: Log
  /** A folder of databases to go on with: the relay's, and people's. */
  databases?: string
  /** Where else the relay can be reached when it is shut down: looked at then. */
  alternatives?: readonly string[]
}

/** What one relay is made around. */
export interface RelayNode {
  store: RelayStore
  bell: Bell
  /** After the relay. */
  close(): Promise<void>
}

/** Opens the relays of a world, on what they know already. */
type OpenNodes = () => Promise<readonly RelayNode[]>

let placeElsewhere: (() => Promise<OpenNodes>) | undefined

/** From now on the relays of each world are several, which share a store: devices go to them by turns. */
export function spreadOver(place: () => Promise<OpenNodes>): void {
  placeElsewhere = place
}

/** Many relays have been tried with much before: of what takes long, they get less. */
export function isSpread(): boolean {
  return placeElsewhere !== undefined
}

export class World {
  readonly folder: string
  readonly clock: TestClock = createTestClock()
  readonly people: Person[] = []
  /** On everything that leaves a device of this world. */
  readonly wiretap: Wiretap = createWiretap()
  readonly log: Log
  readonly #options: WorldOptions
  #openNodes: OpenNodes = async () => [this.#openFile()]
  #running: { relay: Relay; store: RelayStore; close(): Promise<void> }[] = []
  #ports: number[] = []
  #dialled = 0

  private constructor(folder: string, options: WorldOptions) {
    this.folder = folder
    this.log = options.log ?? silentLog
    this.#options = options
  }

  static async create(options: WorldOptions = {}): Promise<World> {
    const world = new World(mkdtempSync(join(tmpdir(), 'sotto-world-')), options)
    if (options.databases !== undefined) cpSync(options.databases, world.folder, { recursive: true })
    if (placeElsewhere !== undefined) world.#openNodes = await placeElsewhere()
    await world.startRelay()
    return world
  }

  /** Where the relay's database is. */
  get relayFile(): string {
    return join(this.folder, 'relay.db')
  }

  /** Where the relay's blobs are. */
  get relayBlobs(): string {
    return join(this.folder, 'relay-blobs')
  }

  address(): RelayAddress {
    return { url: `ws://127.0.0.1:${this.#ports[this.#dialled++ % this.#ports.length]}` }
  }

  #openFile(): RelayNode {
    const store = openSqliteStore(openSqlite({ file: this.relayFile }), systemRandom)
    return { store, bell: createBell(), close: store.close }
  }

  /** On the port it had before, if it had one. Where there are several, all of them. */
  async startRelay(): Promise<void> {
    for (const [index, node] of (await this.#openNodes()).entries()) await this.#run(node, index)
  }

  async #run({ store: real, bell, close }: RelayNode, index: number): Promise<void> {
    const store = this.#options.store?.(real) ?? real
    const relay = createRelay({
      store,
      blobs: await openDiskBlobs(this.relayBlobs),
      bell,
      clock: this.clock,
      random: systemRandom,
      log: this.log,
      limits: { ...GENEROUS, ...this.#options.limits },
      verify: verifySignature,
      access: { loopbackOnly: true, invitations: 'open' },
      ...(this.#options.alternatives && { alternatives: this.#options.alternatives }),
    })
    // A store put in front of it may be one that outlives the relay.
    this.#running.push({ relay, store, close: store === real ? close : store.close })
    const { port } = await relay.listen({ host: '127.0.0.1', port: this.#ports[index] ?? 0 })
    this.#ports[index] = port
  }

  async stopRelay(): Promise<void> {
    const running = this.#running
    this.#running = []
    await Promise.all(running.map(({ relay }) => relay.close()))
    for (const { close } of running) await close()
  }

  get #store(): RelayStore | undefined {
    return this.#running[0]?.store
  }

  /** Somebody with a device of their own, registered and online. The username is the name in lower case. */
  async person(name: string, address: () => RelayAddress = () => this.address()): Promise<Person> {
    const person = await this.stranger(name, address)
    await person.register()
    return person
  }

  /** Somebody whose profile is still to be made. */
  async stranger(name: string, address: () => RelayAddress = () => this.address()): Promise<Person> {
    const person = new Person(this, name, address)
    this.people.push(person)
    await person.open()
    return person
  }

  /** Somebody whose database is in the folder this world began with. */
  async oldFriend(name: string, generation: number): Promise<Person> {
    const person = new Person(this, name, () => this.address())
    this.people.push(person)
    await person.openWith(generation)
    return person
  }

  /** Somebody's account, begun anew under another identity key, at a relay that lets them. */
  async again(person: Person, address: () => RelayAddress = () => this.address()): Promise<Person> {
    const other = new Person(this, person.name, address, person.account)
    this.people.push(other)
    await other.open()
    await other.register()
    return other
  }

  /** Another device of somebody, made of what theirs gives it, without the ceremony. */
  async linkDirectly(person: Person, address: () => RelayAddress = () => this.address()): Promise<Person> {
    const { sql } = person.device
    const account = openAccount(sql)
    if (account === undefined) throw new Error(`${person.name} has no account to link to`)
    const registrationId = randomRegistrationId(systemRandom)
    const provision = addDevice({ sql, clock: this.clock }, account, { registrationId })
    if (!provision.ok) throw new Error(`no further device: ${provision.failure.code}`)
    const other = new Person(this, person.name, address, person.account, `${person.username}-${provision.value.device}`)
    const empty = openSqlite({ file: other.file, key: DATABASE_KEY, exclusive: true })
    migrate(empty, migrations)
    const adopted = adoptAccount({ sql: empty, clock: this.clock, random: systemRandom }, provision.value, {
      registrationId,
      name: `${person.name}’s other device`,
    })
    empty.close()
    if (!adopted.ok) throw new Error(`not adopted: ${adopted.failure.code}`)
    this.people.push(other)
    await other.open()
    await other.online()
    return other
  }

  /** An install that is to become another device of somebody. */
  async freshInstall(
    person: Person,
    place: string,
    address: () => RelayAddress = () => this.address(),
  ): Promise<Person> {
    const other = new Person(this, person.name, address, person.account, `${person.username}-${place}`)
    this.people.push(other)
    await other.open()
    return other
  }

  /** The whole ceremony between two honest devices, to its end on both. */
  async link(person: Person, fresh: Person): Promise<void> {
    const { code } = await fresh.beginLink()
    await person.do('joinLink', { code })
    const words = await person.compares()
    if (words.join() !== (await fresh.compares()).join()) throw new Error('the words differ')
    await person.do('confirmLink', { same: true })
    await person.linking('done')
    await fresh.online()
  }

  /** The same device once more, from a copy of its profile; with a keychain of its own. */
  sameDevice(person: Person, copied: string): Person {
    const other = new Person(this, person.name, () => this.address(), person.account)
    copyFileSync(copied, other.file)
    this.people.push(other)
    return other
  }

  /** What lies at the relay, counted. */
  relayTotals(): Promise<StoreTotals> {
    if (this.#store === undefined || !('totals' in this.#store)) throw new Error('a relay that does not count')
    return (this.#store as AdministeredStore).totals()
  }

  /** Strangers have asked for somebody's keys, until so many one-time ones of each kind are left. */
  async drain({ account }: Person, left: number): Promise<void> {
    const store = this.#store
    const devices = (await store?.listedDevices(account))?.map(({ device }) => device) ?? []
    for (const device of devices)
      for (;;) {
        const [taken] = (await store?.takeKeys(account, [device])) ?? []
        if (taken === undefined || taken.after.oneTimeEc <= left) break
      }
  }

  /** The relay loses all it knows, and is back on the same port. */
  async eraseRelay(): Promise<void> {
    await this.stopRelay()
    for (const end of ['', '-wal', '-shm']) rmSync(`${this.relayFile}${end}`, { force: true })
    if (placeElsewhere !== undefined) this.#openNodes = await placeElsewhere()
    await this.startRelay()
  }

  /** Where a copy of the relay's database lies, as it is now. */
  async backUpRelay(): Promise<string> {
    const copy = `${this.relayFile}.backup`
    if (this.#store === undefined || !('copyTo' in this.#store)) throw new Error('a relay that is not copied')
    await (this.#store as AdministeredStore).copyTo?.(copy)
    return copy
  }

  /** The relay goes on from a copy, on the same port. */
  async restoreRelay(copy: string): Promise<void> {
    await this.stopRelay()
    for (const end of ['', '-wal', '-shm']) rmSync(`${this.relayFile}${end}`, { force: true })
    copyFileSync(copy, this.relayFile)
    const sql = openSqlite({ file: this.relayFile, exclusive: true })
    settleRestored(sql)
    sql.close()
    await this.startRelay()
  }

  async friends(...names: [string, string]): Promise<[Person, Person]> {
    const one = await this.person(names[0])
    const other = await this.person(names[1])
    await one.befriend(other)
    return [one, other]
  }

  /** They are connected again, however long that takes by the clock. */
  async back(...people: Person[]): Promise<void> {
    for (const person of people) {
      // The clock must not run while they are about to connect: a busy machine would never be fast enough.
      let tryingSince: number | undefined
      const isBack = async () => {
        const { state } = (await person.snapshot()).connection
        if (state === 'online') return true
        const isTrying = state === 'connecting' || state === 'catching-up'
        tryingSince = isTrying ? (tryingSince ?? performance.now()) : undefined
        if (tryingSince === undefined || performance.now() - tryingSince > CONNECTED_WITHIN) {
          tryingSince = undefined
          await this.clock.advance(500)
        }
        return false
      }
      await until(isBack, `${person.name} is back`, BACK_WITHIN)
    }
  }

  async close(): Promise<void> {
    for (const person of this.people) await person.close()
    await this.stopRelay()
    rmSync(this.folder, { recursive: true, force: true })
    this.wiretap.expectFreshKeys()
  }
}

export interface Device {
  messenger: Messenger
  sql: Sql
  wire: HoldableWire
}

/** One installation: a database in a file, and a messenger on it. */
export async function openDevice(
  world: World,
  file: string,
  generation: Generation,
  address: () => RelayAddress,
  crash?: (point: string) => void,
  firstId?: AccountId,
): Promise<Device> {
  const sql = openSqlite({ file, key: DATABASE_KEY, exclusive: true })
  const wire = createHoldableWire(world.wiretap.on(createWire(world.clock)))
  const ports: Ports = {
    sql,
    wire,
    blobs: createBlobTransfer(world.clock),
    clock: world.clock,
    random: firstId === undefined ? systemRandom : drawing(firstId),
    log: world.log,
    generation,
    findRelay: async () => address(),
    ...(crash === undefined ? {} : { crash }),
  }
  const opened = await openMessenger(ports, {
    shell: 'command-line',
    version: '0.0.0',
    profile: ProfileName.parse('test'),
    platform: 'test',
  })
  if (!opened.ok) {
    sql.close()
    throw new Error(`the messenger did not open: ${opened.failure.code}`)
  }
  return { messenger: opened.value, sql, wire }
}

/** The dice of the system, but for the first id. */
function drawing(first: string): Random {
  let drawn = false
  return {
    ...systemRandom,
    uuid() {
      if (drawn) return systemRandom.uuid()
      drawn = true
      return first
    },
  }
}
