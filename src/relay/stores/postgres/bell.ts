// The bell of relays that share a database: a ring for a mailbox nobody listens to here goes to the others by NOTIFY, one
// for all that was rung in a turn.
//
// Notices get lost: with the connection, with the relay that was about to send them. So whoever listens is told when the
// connection is back, and once a minute whatever happened, to look for what it may have missed.

import pg from 'pg'
import type { GroupId } from '../../../shared/ids.ts'
import { whereThrown } from '../../../shared/thrown.ts'
import { type Bell, createBell, type Ring } from '../../bell.ts'
import type { Clock, Log, Random } from '../../ports.ts'
import type { Mailbox } from '../../store.ts'
import type { PlacedItem } from '../../streams/contract.ts'
import { boxName } from './boxes.ts'
import { ANSWER_WITHIN, connectionConfig } from './connect.ts'
import { type Notice, readNotices, writeNotices } from './notice.ts'

const CHANNEL = 'sotto'
/** In milliseconds. */
export const RING_ANYWAY_EVERY = 60_000
const RECONNECT_FIRST = 100
const RECONNECT_MOST = 5_000
/** Rings kept while there is no connection; beyond it they are lost. */
const MOST_WAITING = 10_000

const NOTIFY = {
  name: 'notify',
  text: `SELECT pg_notify('${CHANNEL}', payload) FROM unnest($1::text[]) AS notice (payload)`,
}

export interface ClusterBellParts {
  url: string
  clock: Clock
  random: Random
  log: Log
}

export interface ClusterBell extends Bell {
  close(): Promise<void>
}

/** Resolves once it hears the others. Rejects if the database cannot be reached. */
export async function openClusterBell({ url, clock, random, log }: ClusterBellParts): Promise<ClusterBell> {
  const here = createBell()
  const listening = new Map<string, { mailbox: Mailbox; count: number }>()
  const relay = Buffer.from(random.bytes(9)).toString('base64url')
  const toStreams: ((group: 'all') => void)[] = []
  let waiting: Notice[] = []
  let client: pg.Client | undefined
  let sending = false
  let closed = false
  let cancelReconnect = () => {}
  let cancelRinging = () => {}

  // --- Out ---

  function ring(mailbox: Mailbox, ring: Ring): void {
    const box = boxName(mailbox)
    here.ring(mailbox, ring)
    if (ring.kind === 'missed') return
    // A device is connected once: whoever listens here is the only one for what is told to it alone.
    const forOneOnly = ring.kind === 'mail' || ring.kind === 'ephemeral' || ring.kind === 'keys-depleted'
    if (forOneOnly && listening.has(box)) return
    if (client === undefined && (!canWait({ box, ring }) || waiting.length >= MOST_WAITING)) return
    tell({ box, ring })
  }

  /** Every other relay may have somebody who watches it. */
  function grew(group: GroupId, placed?: PlacedItem): void {
    here.grew(group, placed)
    if (waiting.length < MOST_WAITING) tell({ group })
  }

  function tell(notice: Notice): void {
    if (waiting.push(notice) === 1) setImmediate(() => send('what waits'))
  }

  /** Nothing at all is sent to hear whether the database is there. */
  function send(what: 'what waits' | 'even nothing'): void {
    sendAll(what === 'even nothing').catch((error: unknown) => {
      log.error('bell failed', whereThrown(error))
    })
  }

  /** What is rung meanwhile goes with the next one. */
  async function sendAll(evenNothing: boolean): Promise<void> {
    let due = evenNothing
    while (!sending && client !== undefined && (due || waiting.length > 0)) {
      due = false
      const notices = waiting
      const used = client
      waiting = []
      sending = true
      try {
        await used.query({ ...NOTIFY, values: [writeNotices(relay, notices)] })
      } catch {
        // The connection broke, or is of no use: the next one tells what can wait.
        waiting = [...notices.filter(canWait), ...waiting].slice(0, MOST_WAITING)
        drop(used)
      } finally {
        sending = false
      }
    }
  }

  // --- In ---

  function hear(payload: string): void {
    for (const notice of readNotices(payload, relay, (box) => listening.has(box))) {
      if ('group' in notice) {
        here.grew(notice.group)
        continue
      }
      const mailbox = listening.get(notice.box)?.mailbox
      if (mailbox !== undefined) here.ring(mailbox, notice.ring)
    }
  }

  function ringAnyway(): void {
    for (const { mailbox } of [...listening.values()]) here.ring(mailbox, { kind: 'missed' })
    for (const heard of toStreams) heard('all')
  }

  function ringAnywayAgain(): void {
    cancelRinging = clock.after(RING_ANYWAY_EVERY, () => {
      ringAnyway()
      ringAnywayAgain()
      send('even nothing')
    })
  }

  // --- The connection ---

  async function connect(): Promise<void> {
    const fresh = new pg.Client({
      ...connectionConfig(url),
      application_name: 'sotto-relay bell',
      query_timeout: ANSWER_WITHIN,
    })
    fresh.on('error', () => {})
    fresh.on('notification', ({ payload = '' }) => hear(payload))
    try {
      await fresh.connect()
      await fresh.query(`LISTEN ${CHANNEL}`)
    } catch (error) {
      fresh.end().catch(() => {})
      throw error
    }
    if (closed) return fresh.end()
    fresh.once('end', () => {
      client = undefined
      if (closed) return
      log.warn('bell lost')
      reconnectAfter(RECONNECT_FIRST)
    })
    client = fresh
    send('what waits')
  }

  /** It broke, or does not answer: its end is noticed, and another one made. */
  function drop(broken: pg.Client): void {
    if (client === broken) client = undefined
    broken.connection.stream.destroy()
  }

  function reconnectAfter(milliseconds: number): void {
    cancelReconnect = clock.after(milliseconds, () => {
      connect().then(
        () => {
          log.info('bell is back')
          ringAnyway()
        },
        () => {
          if (!closed) reconnectAfter(Math.min(2 * milliseconds, RECONNECT_MOST))
        },
      )
    })
  }

  await connect()
  ringAnywayAgain()
  return {
    isHeard: () => client !== undefined,
    ring,
    grew,
    listenToStreams: (heard) => {
      here.listenToStreams(heard)
      toStreams.push(heard)
    },
    listen: (mailbox, heard) => {
      const box = boxName(mailbox)
      const entry = listening.get(box) ?? { mailbox: { account: mailbox.account, device: mailbox.device }, count: 0 }
      entry.count += 1
      listening.set(box, entry)
      const stop = here.listen(mailbox, heard)
      return () => {
        stop()
        entry.count -= 1
        if (entry.count === 0 && listening.get(box) === entry) listening.delete(box)
      }
    },
    close: async () => {
      closed = true
      cancelReconnect()
      cancelRinging()
      await client?.end()
    },
  }
}

/** The rest is about now, or never. */
function canWait(notice: Notice): boolean {
  return 'group' in notice || notice.ring.kind !== 'ephemeral'
}
