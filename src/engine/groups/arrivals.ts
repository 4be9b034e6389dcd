// What came between two devices about groups: keys, judged by the log before any is stored; the word that keys were stored;
// invitations [D8][G11][P133].

import { create, fromBinary } from '@bufbuild/protobuf'
import {
  type GroupKeys,
  GroupKeysSchema,
  GroupKeysStoredSchema,
  type SessionKey,
} from '../../protocol/generated/group_pb.ts'
import { mayRead, memberKeyIn } from '../../protocol/groups/entitlement.ts'
import { type GroupState, newestEpoch } from '../../protocol/groups/state.ts'
import {
  AccountId,
  bytesToUuid,
  DeviceId,
  type GroupId,
  GroupSessionId,
  groupConversation,
  uuidToBytes,
} from '../../shared/ids.ts'
import { devicesOf } from '../signal/device-list.ts'
import type { AnnouncedSession } from '../signal/group-sessions.ts'
import { findConversation } from '../storage/conversations.ts'
import { readDeviceList } from '../storage/device-lists.ts'
import { dropGroupArrival, type GroupArrivalRow, groupArrivals } from '../storage/group-arrivals.ts'
import { addGroupSession, findGroupSession, sessionDevicesOf } from '../storage/group-sessions.ts'
import { findGroup } from '../storage/groups.ts'
import { hasConfirmed, isKeyFor, noteHolder, settleDelivery } from '../storage/key-deliveries.ts'
import type { MessageRow } from '../storage/messages.ts'
import { isBlocked } from '../storage/people.ts'
import { Touched } from '../touched.ts'
import { learnDetails } from './details.ts'
import { rememberDetailsKey } from './details-keys.ts'
import type { Following } from './follow.ts'
import { healSession } from './heal.ts'
import { MOST_ASKED } from './history/ask.ts'
import { learnNames } from './names.ts'
import type { GroupNeeds } from './needs.ts'
import { parcelBody, sendParcel } from './pairwise.ts'
import type { GroupStates } from './states.ts'
import { takeInvitation } from './take-invitation.ts'
import { explainDetails } from './timeline.ts'

/** What was made of one arrival. later: the log was not followed so far yet. */
type Judged = { is: 'done'; stored: Uint8Array[] } | { is: 'later' }

const NOTHING: Judged = { is: 'done', stored: [] }

/** [F36] Sessions in one epoch: a device has one, and another when it was put back from a copy. */
const MOST_OF_A_DEVICE = 4
const MOST_OF_AN_OWNER = 40

export interface Arrivals {
  /** In the order they came, after the log was followed as far as it goes. */
  take(group: GroupId): Promise<void>
}

export function createArrivals(
  needs: GroupNeeds,
  states: GroupStates,
  following: Following,
  /** [D8] Whether this device has asked for it. */
  isSolicited: (group: GroupId, key: Uint8Array) => boolean,
  /** [P147] In a transaction: they stand where the person has read. */
  haveRead: (group: GroupId, rows: readonly MessageRow[]) => void,
  /** Sessions that are there now. */
  arrived: (group: GroupId, keys: readonly Uint8Array[]) => void,
): Arrivals {
  const { sql, clock, log } = needs

  async function take(group: GroupId): Promise<void> {
    for (const arrival of groupArrivals(sql, group)) {
      if (isBlocked(sql, arrival.account)) {
        sql.transaction(() => dropGroupArrival(sql, arrival.id))
        continue
      }
      const judged = await judge(arrival)
      if (judged.is === 'later') continue
      if (judged.stored.length === 0) continue
      arrived(group, judged.stored)
      await sendParcel(needs, {
        recipient: arrival.account,
        device: arrival.device,
        body: parcelBody({
          case: 'groupKeysStored',
          value: create(GroupKeysStoredSchema, { group: uuidToBytes(group), ids: judged.stored }),
        }),
      })
    }
  }

  async function takesInvitation(arrival: GroupArrivalRow): Promise<Judged> {
    const taken = await takeInvitation(needs, states, following, arrival)
    return taken === 'dropped' ? drop(arrival) : taken
  }

  async function judge(arrival: GroupArrivalRow): Promise<Judged> {
    switch (arrival.kind) {
      case 'keys':
        return takeKeys(arrival)
      case 'stored':
        return takeStored(arrival)
      case 'invitation':
        return takesInvitation(arrival)
    }
  }

  async function takeKeys(arrival: GroupArrivalRow): Promise<Judged> {
    const keys = parse(() => fromBinary(GroupKeysSchema, arrival.body))
    const group = arrival.group_id
    const state = states.get(group)
    if (keys === undefined || findGroup(sql, group) === undefined) return drop(arrival)
    if (state === undefined || isAhead(state, arrival, keys.sessions)) {
      const followed = await following.catchUp(group)
      // Who is served nothing any more is given nothing, either.
      if (!followed.ok && followed.failure.code !== 'no-such-group') return { is: 'later' }
    }
    // In its turn: what is read of the stream meanwhile may be sealed under these very keys.
    return needs.work.run(() => storeKeys(arrival, keys))
  }

  async function storeKeys(arrival: GroupArrivalRow, keys: GroupKeys): Promise<Judged> {
    const group = arrival.group_id
    const standing = states.get(group)
    if (standing === undefined || !isGiver(standing, arrival.account, keys)) return drop(arrival)
    const sessions = keys.sessions.flatMap((key) => readSession(standing, arrival, key) ?? [])
    const stored: Uint8Array[] = []
    const unit = needs.signal.unit()
    const touched = new Touched()
    try {
      const known = sessions.filter(({ session }) => findGroupSession(sql, session) !== undefined)
      const fresh = thatFit(sessions.filter((session) => !known.includes(session)))
      const keepsHistory = standing.policies.history.kind !== 'none'
      if (!keepsHistory) for (const session of fresh) await needs.sessions.follow(unit, session)
      const healed = await healSession(needs, unit, standing, fresh)
      sql.transaction(() => {
        unit.flush()
        for (const session of fresh) remember(session, arrival, keepsHistory)
        stored.push(...[...known, ...fresh].map(({ session }) => uuidToBytes(session)))
        for (const key of keys.detailsKeys)
          stored.push(...rememberDetailsKey(needs, group, standing, key, (id) => isSolicited(group, id)))
        if (keys.detailsKeys.length > 0) {
          const part = learnDetails(needs, standing)
          if (part !== undefined) explainDetails(sql, touched, group, part)
          learnNames(sql, touched, standing)
        }
        haveRead(group, readAlready(group, healed.write(touched)))
        dropGroupArrival(sql, arrival.id)
      })
      unit.settled()
    } catch (error) {
      unit.abandon()
      throw error
    }
    needs.tell(touched)
    return { is: 'done', stored }
  }

  function readAlready(group: GroupId, rows: readonly MessageRow[]): MessageRow[] {
    const upTo = findConversation(sql, groupConversation(group))?.read_position ?? 0
    return rows.filter(({ position }) => position <= upTo)
  }

  /** Its epoch, or the membership of who gives it, may be in entries that were not read yet. */
  function isAhead(state: GroupState, arrival: GroupArrivalRow, sessions: readonly SessionKey[]): boolean {
    const { number } = newestEpoch(state)
    return (
      !state.members.has(arrival.account) ||
      !state.members.has(needs.own.account) ||
      sessions.some(({ epoch }) => Number(epoch) > number)
    )
  }

  /** [G11] Members give keys to members. Who has gone gives what opens their own words of before, and nothing else. */
  function isGiver(state: GroupState, from: AccountId, { sessions, detailsKeys }: GroupKeys): boolean {
    if (from === needs.own.account) return true
    if (!state.members.has(needs.own.account)) return false
    const isTheirs = ({ owner }: SessionKey) => bytesToUuid(owner) === from
    return state.members.has(from) || (state.former.has(from) && detailsKeys.length === 0 && sessions.every(isTheirs))
  }

  /** [D8] Undefined: not what it says, not for us, or nothing that we have asked for. */
  function readSession(state: GroupState, arrival: GroupArrivalRow, key: SessionKey): AnnouncedSession | undefined {
    const owner = AccountId.safeParse(bytesToUuid(key.owner))
    const device = DeviceId.safeParse(key.ownerDevice)
    const session = GroupSessionId.safeParse(bytesToUuid(key.session))
    const epoch = Number(key.epoch)
    if (!owner.success || !device.success || !session.success) return refused('malformed')
    const identityKey = memberKeyIn(state, owner.data, epoch)
    if (identityKey === undefined) return refused('not-a-member')
    if (!mayRead(state, needs.own.account, epoch)) return refused('not-entitled')
    if (!isExpected(state, arrival, owner.data, key.session)) return refused('unsolicited')
    const announced: AnnouncedSession = {
      group: state.group,
      epoch,
      owner: owner.data,
      device: device.data,
      session: session.data,
      salt: key.salt,
      distribution: key.distribution,
      announcement: key.announcement,
    }
    if (!needs.sessions.isGenuine(announced, identityKey)) return refused('forged')
    return announced
  }

  /** By its owner, by an own device, by who let us in, or because we asked. */
  function isExpected(state: GroupState, arrival: GroupArrivalRow, owner: AccountId, key: Uint8Array): boolean {
    const from = arrival.account
    if (from === owner || from === needs.own.account) return true
    return state.members.get(needs.own.account)?.by === from || isSolicited(state.group, key)
  }

  /** [F36] Nobody fills a vault: what is beyond the few that an owner can need in an epoch is left. */
  function thatFit(fresh: readonly AnnouncedSession[]): AnnouncedSession[] {
    const devicesOfOwners = new Map<string, DeviceId[]>()
    return fresh.filter(({ group, epoch, owner, device }) => {
      const name = `${epoch} ${owner}`
      const devices = devicesOfOwners.get(name) ?? sessionDevicesOf(sql, group, epoch, owner)
      devicesOfOwners.set(name, devices)
      const ofDevice = devices.filter((other) => other === device).length
      const fits = ofDevice < MOST_OF_A_DEVICE && devices.length < MOST_OF_AN_OWNER
      if (fits) devices.push(device)
      else refused('too-many')
      return fits
    })
  }

  function refused(why: string): undefined {
    log.warn('groups.key-refused', { why })
    return undefined
  }

  function remember(session: AnnouncedSession, arrival: GroupArrivalRow, keepsHistory: boolean): void {
    const distribution = keepsHistory ? session.distribution : null
    addGroupSession(sql, { ...session, distribution, sharedBy: arrival.account, learnedAt: clock.now() })
  }

  /** [G10] When all their devices have it, nothing is owed any more. [F36] Of keys that are theirs from here, and no others. */
  async function takeStored(arrival: GroupArrivalRow): Promise<Judged> {
    const stored = parse(() => fromBinary(GroupKeysStoredSchema, arrival.body))
    if (stored === undefined || stored.ids.length > MOST_ASKED) return drop(arrival)
    sql.transaction(() => {
      for (const key of stored.ids) {
        if (!isKeyFor(sql, arrival.group_id, key, arrival)) continue
        noteHolder(sql, key, arrival.account, arrival.device, true)
        if (haveAll(arrival.account, key)) settleDelivery(sql, arrival.group_id, arrival.account, key)
      }
      dropGroupArrival(sql, arrival.id)
    })
    return NOTHING
  }

  function haveAll(account: AccountId, key: Uint8Array): boolean {
    const list = account === needs.own.account ? undefined : readDeviceList(sql, account)
    const listed = account === needs.own.account ? needs.own.others : list === undefined ? [] : devicesOf(list)
    return listed.every(({ device }) => hasConfirmed(sql, key, account, device))
  }

  function drop(arrival: GroupArrivalRow): Judged {
    log.warn('groups.arrival-dropped', { kind: arrival.kind })
    sql.transaction(() => dropGroupArrival(sql, arrival.id))
    return NOTHING
  }

  return { take }
}

function parse<Message>(read: () => Message): Message | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
