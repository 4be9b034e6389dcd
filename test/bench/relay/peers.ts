// Servers of others that keep every message, from Debian's packages: ejabberd with its archive in PostgreSQL, and prosody with
// its own. Each in a folder that goes, on loopback, at a port that is free, and ended with the measurement.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startPostgres } from '../../relay/postgres-server.ts'
import { PAIRS, type Running, type Start } from './contenders.ts'
import type { Pair } from './devices.ts'
import { xmppPair } from './xmpp.ts'

/** Milliseconds until a server that was started has to answer. */
const READY_WITHIN = 60_000

/** Every message is in the archives of both, committed, before it goes on. */
export const ejabberd: Start = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-ejabberd-'))
  const [port, databasePort] = [await freePort(), await freePort()]
  const config = join(folder, 'ejabberd.yml')
  const postgres = await startPostgres({ port: databasePort })
  const url = await postgres.database()
  const clean = async () => {
    rmSync(folder, { recursive: true })
    await postgres.stop()
  }
  await ask(url, readFileSync('/usr/share/ejabberd/sql/pg.sql', 'utf8'))
  const [, name = ''] = /\/(\w+)\?/.exec(url) ?? []
  writeFileSync(config, ejabberdSettings(port, { port: databasePort, name }))
  const server = spawn(
    'erl',
    ['-noinput', '+K', 'true', '-mnesia', 'dir', JSON.stringify(join(folder, 'mnesia')), '-s', 'ejabberd'],
    {
      cwd: folder,
      stdio: 'ignore',
      env: {
        ...process.env,
        HOME: folder,
        ERL_LIBS: ejabberdLibraries(),
        EJABBERD_CONFIG_PATH: config,
        EJABBERD_LOG_PATH: join(folder, 'ejabberd.log'),
      },
    },
  )
  const started = await running(server, port, [postgres.pid], clean)
  const stop = async () => {
    const archived = await countArchived(url)
    await started.stop()
    // It goes on all the same when it cannot reach its database.
    if (archived === 0) throw new Error('ejabberd archived nothing')
  }
  return { ...started, stop }
}

function ejabberdSettings(port: number, database: { port: number; name: string }): string {
  return `
hosts: ["localhost"]
loglevel: error
listen:
  - { port: ${port}, ip: "127.0.0.1", module: ejabberd_c2s, max_stanza_size: 262144 }
auth_method: internal
registration_timeout: infinity
sql_type: pgsql
sql_server: "127.0.0.1"
sql_port: ${database.port}
sql_database: "${database.name}"
sql_username: "sotto"
sql_password: ""
modules:
  mod_mam: { default: always, db_type: sql }
  mod_offline: { db_type: sql }
  mod_register: { ip_access: all }
`
}

async function countArchived(url: string): Promise<number> {
  const [row] = await ask<{ archived: string }>(url, 'SELECT count(*) AS archived FROM archive')
  return Number(row?.archived)
}

async function ask<Row extends object>(url: string, question: string): Promise<Row[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query<Row>(question)).rows
  } finally {
    await client.end()
  }
}

/** Of every architecture in a folder of its own. */
function ejabberdLibraries(): string {
  const holds = (folder: string) => readdirSync(folder).some((name) => name.startsWith('ejabberd-'))
  const folders = readdirSync('/usr/lib', { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join('/usr/lib', name))
  return folders.find(holds) ?? ''
}

export const prosody: Start = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-prosody-'))
  const data = join(folder, 'data')
  mkdirSync(data)
  const port = await freePort()
  const config = join(folder, 'prosody.cfg.lua')
  writeFileSync(config, prosodySettings(port, data))
  const owner = prosodyUser()
  if (owner !== undefined) for (const path of [folder, data, config]) chownSync(path, owner.uid, owner.gid)
  const server = spawn('prosody', ['--config', config, '-F'], { ...owner, cwd: folder, stdio: 'ignore' })
  return running(server, port, [], async () => rmSync(folder, { recursive: true }))
}

function prosodySettings(port: number, data: string): string {
  return `
modules_enabled = { "roster", "saslauth", "disco", "mam", "register_ibr" }
modules_disabled = { "s2s" }
allow_registration = true
authentication = "internal_plain"
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
storage = "internal"
default_archive_policy = true
archive_expires_after = "never"
interfaces = { "127.0.0.1" }
c2s_ports = { ${port} }
data_path = "${data}"
pidfile = "${data}/prosody.pid"
log = { error = "${data}/prosody.log" }
VirtualHost "localhost"
`
}

/** It refuses to run as root: then it runs as the user that Debian makes for it. */
function prosodyUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = (which: string) => Number(execFileSync('id', [which, 'prosody'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

async function running(
  server: ChildProcess,
  port: number,
  more: readonly number[],
  clean: () => Promise<void>,
): Promise<Running> {
  const ended = once(server, 'exit')
  const stop = async () => {
    server.kill('SIGKILL')
    await ended
    await clean()
  }
  try {
    await untilReady(port, server)
    const pairs: Pair[] = []
    for (let index = 0; index < PAIRS; index++) pairs.push(await xmppPair(port, index))
    return { servers: 1, pids: [server.pid ?? 0, ...more], pairs, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('a TCP server without port')
  return address.port
}

async function untilReady(port: number, server: ChildProcess): Promise<void> {
  const giveUpAt = performance.now() + READY_WITHIN
  while (performance.now() < giveUpAt && server.exitCode === null) {
    const socket = connect({ host: '127.0.0.1', port })
    const answers = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
    socket.destroy()
    if (answers) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error('it did not start')
}
