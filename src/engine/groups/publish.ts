// What is said in groups, on its way: new keys first where they are due, sealed once for everybody, published as the very
// bytes that were committed [G4][G5][P81].

import { StreamKind } from '../../protocol/generated/relay_pb.ts'
import { isMuted, mayDo, takesReadable, takesSealed } from '../../protocol/groups/permissions.ts'
import { rotationReasons } from '../../protocol/groups/rotation.ts'
import { type GroupState, newestEpoch } from '../../protocol/groups/state.ts'
import type { Failure, FailureCode } from '../../shared/answer.ts'
import { type GroupId, groupConversation, Instant, uuidToBytes } from '../../shared/ids.ts'
import {
  dropFromGroupOutbox,
  failInGroupOutbox,
  type GroupOutboxRow,
  groupsWithMail,
  markGroupSealed,
  nextForGroup,
  ownGroupSession,
  setOwnGroupSession,
  unsealGroupMessage,
} from '../storage/group-outbox.ts'
import { findGroup, type GroupRow } from '../storage/groups.ts'
import { advanceDelivery, failDelivery } from '../storage/messages.ts'
import { Touched } from '../touched.ts'
import type { Appending } from './append.ts'
import { readEnvelope, writeEnvelope, writeGroupContent } from './content.ts'
import type { Following } from './follow.ts'
import type { GroupNeeds } from './needs.ts'
import { sessionToSpeakIn } from './own-session.ts'
import { type GroupStates, isAtWork, isReadableUnseen } from './states.ts'

export interface Publishing {
  /** There may be something to publish: in one group, or in all. */
  kick(group?: GroupId): void
  idle(): Promise<void>
  stop(): void
}

type Step = 'on' | 'rest' | { pause: number }

/** After a failure that nobody foresaw, in milliseconds. */
const PAUSE = 5_000

export function createPublishing(
  needs: GroupNeeds,
  states: GroupStates,
  appending: Appending,
  catchUp: Following['catchUp'],
  /** Keys are owed that were not before. */
  owing: () => void,
): Publishing {
  const { sql, clock, log, connection } = needs
  const lanes = new Map<GroupId, { again: boolean; running: Promise<void> }>()
  const pauses = new Map<GroupId, () => void>()
  let stopped = false

  function kick(group?: GroupId): void {
    if (stopped) return
    if (group === undefined) {
      for (const waiting of groupsWithMail(sql)) kick(waiting)
      return
    }
    const lane = lanes.get(group)
    if (lane !== undefined) {
      lane.again = true
      return
    }
    const fresh = { again: true, running: Promise.resolve() }
    lanes.set(group, fresh)
    fresh.running = drive(group, fresh)
  }

  async function drive(group: GroupId, lane: { again: boolean }): Promise<void> {
    let step: Step = 'on'
    try {
      while (!stopped && (step === 'on' || lane.again)) {
        lane.again = false
        step = await move(group)
        if (typeof step === 'object') break
      }
    } catch (error) {
      log.error('groups.publish', { error: error instanceof Error ? error.name : 'unknown' })
      step = { pause: PAUSE }
    } finally {
      lanes.delete(group)
    }
    if (typeof step === 'object' && !stopped) pause(group, step.pause)
  }

  function pause(group: GroupId, milliseconds: number): void {
    pauses.get(group)?.()
    pauses.set(
      group,
      clock.after(milliseconds, () => {
        pauses.delete(group)
        kick(group)
      }),
    )
  }

  /** One message, as far as it goes now. */
  async function move(group: GroupId): Promise<Step> {
    const online = connection.state().state
    if (online !== 'online' && online !== 'catching-up') return 'rest'
    const row = nextForGroup(sql, group)
    if (row === undefined) return 'rest'
    const where = findGroup(sql, group)
    const state = states.get(group)
    if (where?.halted != null) return 'rest'
    if (where === undefined || !isAtWork(where, state, needs.own.account)) return fail(row, { code: 'no-such-group' })
    if (row.state === 'sealed' && row.bytes !== null) return publish(row, row.bytes)
    const refused = mayNotSay(where, state, row)
    if (refused !== undefined) return fail(row, refused)
    if (row.readable === 1) return publish(row, await writeReadable(state, row))
    if (isRotationDue(state)) return rotate(group, newestEpoch(state).number)
    return seal(row, group)
  }

  /** [G8] [G12] As things stand, which may be otherwise than when it was said. */
  function mayNotSay(where: GroupRow, state: GroupState, row: GroupOutboxRow): Failure | undefined {
    const now = clock.now()
    if (isMuted(state, needs.own.account, now)) return { code: 'muted' }
    if (!mayDo(state, needs.own.account, 'send', now)) return { code: 'not-permitted' }
    if (row.readable === 1 && !takesReadable(state)) return { code: 'not-permitted' }
    if (row.readable === 1 && isReadableUnseen(where, state)) return { code: 'look-first' }
    if (row.readable === 0 && !takesSealed(state)) return { code: 'not-permitted' }
    return undefined
  }

  function isRotationDue(state: GroupState): boolean {
    return rotationReasons(state, clock.now(), messagesOf(state)).length > 0 || needs.lostDevices(state)
  }

  function messagesOf(state: GroupState): number {
    return (
      sql.get<{ count: number }>(
        "SELECT count(*) AS count FROM messages WHERE conversation = ? AND epoch = ? AND kind IN ('text', 'key-missing')",
        [groupConversation(state.group), newestEpoch(state).number],
      )?.count ?? 0
    )
  }

  /** Of two at once the log takes one, and the other goes on in that. */
  async function rotate(group: GroupId, from: number): Promise<Step> {
    const opened = await appending.change(group, (state) =>
      newestEpoch(state).number === from ? { kind: 'open-epoch', epoch: from + 1 } : undefined,
    )
    if (opened.ok || opened.failure.code === 'already-so') return 'on'
    return afterFailure(opened.failure, undefined)
  }

  async function seal(row: GroupOutboxRow, group: GroupId): Promise<Step> {
    return needs.work.run(async (): Promise<Step> => {
      const state = states.get(group)
      const current = nextForGroup(sql, group)
      if (current?.id !== row.id || current.state !== 'waiting' || state === undefined) return 'on'
      if (isRotationDue(state)) return 'on'
      const unit = needs.signal.unit()
      try {
        const { session, write } = await sessionToSpeakIn(needs, unit, state)
        const sender = { account: needs.own.account, device: needs.own.device }
        const place = { group, epoch: session.epoch, sender, message: row.message, session: session.session }
        const sequence = session.sequence + 1
        const content = writeGroupContent(row.body, place, sequence, row.at)
        const ciphertext = await needs.sessions.seal(unit, session.session, content)
        const bytes = writeEnvelope(session.epoch, session.session, sender, ciphertext)
        needs.crash('group.sealed')
        sql.transaction(() => {
          unit.flush()
          write()
          setOwnGroupSession(sql, group, { ...session, sequence })
          markGroupSealed(sql, row.id, bytes)
          setEpoch(row, session.epoch)
        })
        unit.settled()
      } catch (error) {
        unit.abandon()
        throw error
      }
      needs.crash('group.committed')
      owing()
      return 'on'
    })
  }

  function setEpoch(row: GroupOutboxRow, epoch: number): void {
    sql.run('UPDATE messages SET epoch = ? WHERE id = ?', [epoch, row.message])
  }

  async function writeReadable(state: GroupState, row: GroupOutboxRow): Promise<Uint8Array> {
    const sender = { account: needs.own.account, device: needs.own.device }
    const epoch = newestEpoch(state).number
    sql.transaction(() => setEpoch(row, epoch))
    return writeGroupContent(
      row.body,
      { group: state.group, epoch, sender, message: row.message, session: undefined },
      0,
      row.at,
    )
  }

  async function publish(row: GroupOutboxRow, content: Uint8Array): Promise<Step> {
    const published = await connection.ask(
      {
        case: 'publish',
        value: {
          group: uuidToBytes(row.group_id),
          message: uuidToBytes(row.message),
          kind: row.readable === 1 ? StreamKind.READABLE : StreamKind.SEALED,
          content,
        },
      },
      'published',
    )
    needs.crash('group.published')
    if (!published.ok && published.failure.code === 'epoch-over') return sealAfresh(row)
    if (!published.ok) return afterFailure(published.failure, row)
    const at = Instant.safeParse(Number(published.value.timeMs)).data ?? clock.now()
    const touched = new Touched()
    sql.transaction(() => {
      dropFromGroupOutbox(sql, row.message)
      touched.message(advanceDelivery(sql, row.message, 'sent', at))
    })
    needs.tell(touched)
    return 'on'
  }

  /** [P135] The log has moved on unseen: it is read, and the message sealed for what holds by now. */
  async function sealAfresh(row: GroupOutboxRow): Promise<Step> {
    sql.transaction(() => unseal(row))
    const read = await catchUp(row.group_id)
    if (!read.ok) return afterFailure(read.failure, undefined)
    const state = states.get(row.group_id)
    const sealedIn = row.bytes === null ? undefined : readEnvelope(row.bytes)?.epoch
    const isOver = state !== undefined && (state.marks.length > 0 || newestEpoch(state).number !== sealedIn)
    // A relay that shows no reason for it is not asked without end.
    return isOver ? 'on' : { pause: PAUSE }
  }

  /** Nothing of it was taken: its number is free again, or the others would miss a message that never was. */
  function unseal(row: GroupOutboxRow): void {
    unsealGroupMessage(sql, row.id)
    const own = ownGroupSession(sql, row.group_id)
    const sealedIn = row.bytes === null ? undefined : readEnvelope(row.bytes)?.session
    if (own !== undefined && own.session === sealedIn)
      setOwnGroupSession(sql, row.group_id, { ...own, sequence: own.sequence - 1 })
  }

  function afterFailure(failure: Failure, row: GroupOutboxRow | undefined): Step {
    switch (whatNow(failure.code)) {
      case 'rest':
        return 'rest'
      case 'wait':
        return { pause: failure.retryAfter ?? PAUSE }
      case 'fail':
        if (row === undefined) return { pause: PAUSE }
        // What is tried again is sealed for what holds then.
        sql.transaction(() => unseal(row))
        return fail(row, failure)
    }
  }

  function fail(row: GroupOutboxRow, failure: Failure): Step {
    const touched = new Touched()
    sql.transaction(() => {
      failInGroupOutbox(sql, row.id)
      touched.message(failDelivery(sql, row.message, failure, clock.now()))
    })
    needs.tell(touched)
    return 'on'
  }

  return {
    kick,
    async idle() {
      while (lanes.size > 0) await Promise.all([...lanes.values()].map(({ running }) => running))
    },
    stop() {
      stopped = true
      for (const callOff of pauses.values()) callOff()
      pauses.clear()
    },
  }
}

function whatNow(code: FailureCode): 'rest' | 'wait' | 'fail' {
  switch (code) {
    case 'not-connected':
      return 'rest'
    case 'rate-limited':
    case 'disk-full':
      return 'wait'
    default:
      return 'fail'
  }
}
