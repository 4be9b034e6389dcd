// Two people who know each other, made through a real relay: their databases are what benches begin from.

import { spawn } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Messenger, openMessenger } from '../../src/engine/messenger.ts'
import type { Wire } from '../../src/engine/ports.ts'
import { readOwnState } from '../../src/engine/storage/own-state.ts'
import { createBlobTransfer } from '../../src/host/blob-transfer.ts'
import { systemClock } from '../../src/host/clock.ts'
import { systemRandom } from '../../src/host/random.ts'
import { openSqlite } from '../../src/host/sqlite.ts'
import { createWire } from '../../src/host/wire.ts'
import type { Answer } from '../../src/shared/answer.ts'
import { type AccountId, ProfileName, personConversation } from '../../src/shared/ids.ts'
import type { Sql } from '../../src/shared/sql.ts'
import { silentLog } from '../silent-log.ts'
import { until } from '../until.ts'

export const KEY = new Uint8Array(32).fill(7)

export interface Desk {
  messenger: Messenger
  sql: Sql
  close(): Promise<void>
}

export interface Acquaintances {
  folder: string
  alice: { account: AccountId; file: string }
  bob: { account: AccountId; file: string }
  /** Of a relay that runs until close. */
  relay: string
  close(): void
}

export async function makeAcquaintances(): Promise<Acquaintances> {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-bench-'))
  const child = spawn(process.execPath, [join(import.meta.dirname, 'relay/server.ts'), join(folder, 'relay.db')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  // Also when a bench ends in an error.
  process.once('exit', () => child.kill('SIGKILL'))
  const close = () => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const [line = ''] = await new Promise<string[]>((resolve) =>
      createInterface({ input: child.stdout }).once('line', (...lines) => resolve(lines)),
    )
    const relay = line.replace('relay ready ', '')
    const files = { alice: join(folder, 'alice.db'), bob: join(folder, 'bob.db') }
    const [alice, bob] = await befriended(relay, files)
    return {
      folder,
      alice: { account: alice, file: files.alice },
      bob: { account: bob, file: files.bob },
      relay,
      close,
    }
  } catch (error) {
    close()
    throw error
  }
}

/** A request, accepted: after it there is a session that has gone both ways. */
async function befriended(url: string, files: { alice: string; bob: string }): Promise<[AccountId, AccountId]> {
  const wire = createWire(systemClock)
  const alice = await openDesk(files.alice, wire, url)
  const bob = await openDesk(files.bob, wire, url)
  const accounts: AccountId[] = []
  for (const [desk, username] of [
    [alice, 'alice'],
    [bob, 'bob'],
  ] as const) {
    const relay = { kind: 'address' as const, url }
    accounts.push(
      value(
        await desk.messenger.handlers.createProfile({
          name: username,
          username: ProfileName.parse(username) as never,
          relay,
        }),
      ).account,
    )
    await isOnline(desk)
  }
  const [ofAlice, ofBob] = accounts
  if (ofAlice === undefined || ofBob === undefined) throw new Error('an account is missing')
  const { handlers } = alice.messenger
  value(await handlers.findPerson({ username: 'bob' as never }))
  value(await handlers.openConversation({ account: ofBob }))
  value(await handlers.sendMessage({ conversation: personConversation(ofBob), text: 'Hello Bob' }))
  await until(async () => (await conversations(bob)).length > 0, 'Bob has the request')
  value(await bob.messenger.handlers.acceptRequest({ conversation: personConversation(ofAlice) }))
  await until(async () => (await conversations(alice)).some(({ state }) => state === 'open'), 'Alice is accepted')
  await Promise.all([alice.close(), bob.close()])
  return [ofAlice, ofBob]
}

export async function openDesk(file: string, wire: Wire, url: string): Promise<Desk> {
  const sql = openSqlite({ file, key: KEY, exclusive: true })
  let generation = generationOf(sql)
  const ports = {
    sql,
    wire,
    blobs: createBlobTransfer(systemClock),
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    generation: {
      // A copy is taken for the database itself: it was not put back.
      read: async () => generation ?? (readOwnState(sql).generation || undefined),
      write: async (next: number) => {
        generation = next
      },
    },
    findRelay: async () => ({ url }),
  }
  const host = {
    shell: 'command-line',
    version: '0.0.0',
    profile: ProfileName.parse('bench'),
    platform: 'bench',
  } as const
  const messenger = value(await openMessenger(ports, host))
  return {
    messenger,
    sql,
    close: async () => {
      await messenger.close()
      sql.close()
    },
  }
}

/** What a keychain would hold: a copy that is opened without it was put back, and begins its sessions anew [P83]. */
function generationOf(sql: Sql): number | undefined {
  const made = sql.get("SELECT 1 AS yes FROM sqlite_schema WHERE name = 'own_state'") !== undefined
  const generation = made ? (sql.get<{ generation: number }>('SELECT generation FROM own_state')?.generation ?? 0) : 0
  return generation === 0 ? undefined : generation
}

export async function isOnline(desk: Desk): Promise<void> {
  await until(
    async () => value(await desk.messenger.handlers.getSnapshot({})).connection.state === 'online',
    'the desk is online',
  )
}

/** The database as it was when everybody had gone home. */
export function copyDatabase(file: string, to: string): string {
  for (const end of ['', '-wal']) rmSync(`${to}${end}`, { force: true })
  copyFileSync(file, to)
  return to
}

export function value<T>(answered: Answer<T>): T {
  if (!answered.ok) throw new Error(`${answered.failure.code} ${answered.failure.detail ?? ''}`)
  return answered.value
}

async function conversations(desk: Desk) {
  return value(await desk.messenger.handlers.getSnapshot({})).conversations
}
