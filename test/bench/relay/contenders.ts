// Who is measured: the relay and a bare server, each in a file, and each in a PostgreSQL that several share.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PostgresServer } from '../../relay/postgres-server.ts'
import { type MakePair, type Pair, referencePair, relayPair } from './devices.ts'
import { SCRIPTS, type Server, startServer } from './processes.ts'

/** For each server. */
export const PAIRS = 25

export interface Running {
  /** Not counting the database. */
  servers: number
  /** Everything that serves: servers, and the database with all its backends. */
  pids: readonly number[]
  pairs: readonly Pair[]
  stop(): Promise<void>
}

export type Start = () => Promise<Running>

export const relayInFile: Start = () => startInFile(SCRIPTS.relay, relayPair)
export const referenceInFile: Start = () => startInFile(SCRIPTS.reference, referencePair)

export function relaysOn(postgres: PostgresServer, count: number): Start {
  return () => startOn(postgres, SCRIPTS.relay, relayPair, count)
}

export function referencesOn(postgres: PostgresServer, count: number): Start {
  return () => startOn(postgres, SCRIPTS.referenceOnPostgres, referencePair, count)
}

async function startInFile(script: string, makePair: MakePair): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-bench-'))
  const server = await startServer(script, join(folder, 'bench.sqlite'))
  return {
    servers: 1,
    pids: [server.pid],
    pairs: await makePairs(makePair, [server.url]),
    stop: async () => {
      await server.stop()
      rmSync(folder, { recursive: true })
    },
  }
}

async function startOn(postgres: PostgresServer, script: string, makePair: MakePair, count: number): Promise<Running> {
  const url = await postgres.database()
  const servers: Server[] = []
  for (let started = 0; started < count; started++) servers.push(await startServer(script, url))
  return {
    servers: count,
    pids: [postgres.pid, ...servers.map(({ pid }) => pid)],
    pairs: await makePairs(
      makePair,
      servers.map((server) => server.url),
    ),
    stop: async () => {
      await Promise.all(servers.map((server) => server.stop()))
      await postgres.drop(url)
    },
  }
}

/** With several servers, no pair has both ends at the same one. */
function makePairs(makePair: MakePair, urls: readonly string[]): Promise<Pair[]> {
  const at = (index: number) => urls[index % urls.length] ?? ''
  return Promise.all(
    Array.from({ length: PAIRS * urls.length }, (_, index) => makePair({ from: at(index), to: at(index + 1) }, index)),
  )
}

export async function whileRunning<T>(start: Start, measure: (running: Running) => Promise<T>): Promise<T> {
  const running = await start()
  try {
    return await measure(running)
  } finally {
    await running.stop()
  }
}
