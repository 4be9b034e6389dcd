// A PostgreSQL server of our own: in a folder that goes, on a socket in it, and ended with us even if we are killed.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'

export interface PostgresServer {
  /** A database of its own, empty: its address. */
  database(): Promise<string>
  /** The same for less: a schema in a database that it shares with others. */
  schema(): Promise<string>
  drop(database: string): Promise<void>
  /** As pg_dump writes it, while others use it. */
  dump(database: string): string
  /** Puts a dump into a database of its own: the address of that. */
  restored(dump: string): Promise<string>
  /** The process to be measured: that of the server, with one child for each connection. */
  readonly pid: number
  /** As a crash: nobody is told, and what was under way breaks off. */
  kill(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

/** Runs the server; when our end of the pipe closes it is told to end at once, dropping its connections. */
const ENDED_WITH_US =
  'exec 3<&0; "$@" 3<&- & server=$!; echo "pid $server" >&2; (cat <&3 >/dev/null; kill -INT "$server") & exec 3<&-; wait "$server"'

const SETTINGS = ['max_connections=60', 'shared_buffers=64MB', 'fsync=on', 'synchronous_commit=on']

/** With `port` it also listens on loopback, and believes whoever comes. */
export async function startPostgres({ port }: { port?: number } = {}): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-postgres-'))
  const owner = serverUser()
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid)
  const data = join(folder, 'data')
  mkdirSync(data, { mode: 0o700 })
  if (owner !== undefined) chownSync(data, owner.uid, owner.gid)
  const initialise = ['-D', data, '-U', 'sotto', '--auth=trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  execFileSync(serverProgram('initdb'), initialise, { ...owner, cwd: folder, stdio: 'ignore' })

  let child: ChildProcess | undefined
  let pid = 0
  let created = 0
  const where = port === undefined ? folder : `${folder}&port=${port}`
  const address = (database: string) => `postgres://sotto@/${database}?host=${where}`

  async function start(): Promise<void> {
    const network = port === undefined ? ['listen_addresses='] : ['listen_addresses=127.0.0.1', `port=${port}`]
    const settings = [...network, ...SETTINGS].flatMap((setting) => ['-c', setting])
    const command = [serverProgram('postgres'), '-D', data, '-k', folder, ...settings]
    const started = spawn('sh', ['-c', ENDED_WITH_US, 'sh', ...command], {
      ...owner,
      cwd: folder,
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe'],
    })
    child = started
    await new Promise<void>((resolve, reject) => {
      const said: string[] = []
      createInterface({ input: started.stderr }).on('line', (line) => {
        said.push(line)
        pid = Number(/^pid (\d+)$/.exec(line)?.[1] ?? pid)
        if (line.includes('ready to accept connections')) resolve()
      })
      started.once('exit', () => reject(new Error(`PostgreSQL did not start: ${said.join('\n')}`)))
    })
  }

  async function end(how: () => void): Promise<void> {
    const ending = child
    if (ending === undefined || ending.exitCode !== null) return
    const ended = once(ending, 'exit')
    how()
    await ended
  }

  async function ask(question: string): Promise<void> {
    const client = new pg.Client(address('postgres'))
    await client.connect()
    try {
      await client.query(question)
    } finally {
      await client.end()
    }
  }

  async function create(kind: 'DATABASE' | 'SCHEMA'): Promise<string> {
    created += 1
    const name = `relay_${created}`
    await ask(`CREATE ${kind} ${name}`)
    return name
  }

  await start()
  return {
    get pid() {
      return pid
    },
    database: async () => address(await create('DATABASE')),
    drop: async (url) => {
      const [, name] = /\/(relay_\d+)\?/.exec(url) ?? []
      if (name === undefined) throw new Error('not a database of this server')
      await ask(`DROP DATABASE ${name} WITH (FORCE)`)
    },
    dump: (url) => execFileSync(serverProgram('pg_dump'), [url], { encoding: 'utf8', maxBuffer: 2 ** 26 }),
    restored: async (dump) => {
      const url = address(await create('DATABASE'))
      execFileSync(serverProgram('psql'), ['-q', '-v', 'ON_ERROR_STOP=1', url], { input: dump, stdio: 'pipe' })
      return url
    },
    schema: async () => `${address('postgres')}&options=-c%20search_path%3D${await create('SCHEMA')}`,
    start,
    kill: () => end(() => process.kill(pid, 'SIGQUIT')),
    stop: async () => {
      // What is removed next needs no checkpoint, which takes its time where there are many databases.
      await end(() => process.kill(pid, 'SIGQUIT'))
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** The server refuses to run as root: then it runs as the user that Debian makes for it. */
function serverUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = (which: string) => Number(execFileSync('id', [which, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** Debian keeps them off the PATH, a folder for each version. */
function serverProgram(name: string): string {
  const versions = '/usr/lib/postgresql'
  const newest = readdirSync(versions).toSorted((a, b) => Number(b) - Number(a))[0]
  if (newest === undefined) throw new Error('no PostgreSQL server is installed')
  return join(versions, newest, 'bin', name)
}
