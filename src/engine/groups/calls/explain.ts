// Who can read a message, and why one cannot: the exact devices, the very key.

import { mayHold, mayRead } from '../../../protocol/groups/entitlement.ts'
import type { GroupState } from '../../../protocol/groups/state.ts'
import { type Answer, answer, refuse } from '../../../shared/answer.ts'
import type { CallOutput, ParsedInput } from '../../../shared/api.ts'
import { type AccountId, type DeviceId, type GroupId, groupOf, uuidToBytes } from '../../../shared/ids.ts'
import { showPerson } from '../../conversations/show.ts'
import type { Live } from '../../live.ts'
import { devicesOf, verifyDeviceList } from '../../signal/device-list.ts'
import { readDeviceList } from '../../storage/device-lists.ts'
import { findSealedItem } from '../../storage/group-items.ts'
import { type GroupSession, groupSessionsOf } from '../../storage/group-sessions.ts'
import { holdersOf } from '../../storage/key-deliveries.ts'
import { findMessage, type MessageRow } from '../../storage/messages.ts'
import { findPersonRow } from '../../storage/people.ts'

type Has = CallOutput<'getReaders'>['readers'][number]['devices'][number]['has']

/** Devices known here that a message was read on, or may be, each once. */
type Devices = Map<DeviceId, Has>

/** Accounts whose lists are asked for at a time: of a large group some are left out. */
const MOST_ASKED = 20

/**
 * [P115] Who had or could be given its key, whether they are members by now or not: who has gone still has what they had.
 * Of what this device said itself, whom it told the key and who said that they have it; of all else, what the log allows.
 */
export async function getReaders(
  live: Live,
  { message }: ParsedInput<'getReaders'>,
): Promise<Answer<CallOutput<'getReaders'>>> {
  const { sql } = live.ports
  const row = findMessage(sql, message)
  const group = row && groupOf(row.conversation)
  const state = group && live.groups.states.get(group)
  if (row === undefined || group === undefined || state === undefined) return refuse('no-such-message')
  const { epoch } = row
  if (epoch === null || row.readable === 1) return answer({ epoch, readers: [] })
  const sessions = sessionsOf(live, group, row, epoch)
  const has = devicesWith(live, row, sessions)
  const accounts = [...new Set([...has.keys(), ...state.members.keys(), ...state.former.keys()])].filter(
    (account) => (has.has(account) || mayHold(state, account, epoch)) && findPersonRow(sql, account) !== undefined,
  )
  const isOurs = sessions.some(({ owner, device }) => owner === live.own.account && device === live.own.device)
  const lists = await listsOf(live, state, accounts)
  const readers = accounts.flatMap((account) => {
    const devices: Devices = has.get(account) ?? new Map()
    // To who has gone nobody gives it any more.
    const isMissed = isOurs ? 'not-yet' : 'entitled'
    if (mayRead(state, account, epoch) || !isOurs)
      for (const device of lists.get(account) ?? []) if (!devices.has(device)) devices.set(device, isMissed)
    if (devices.size === 0 && isOurs && !state.members.has(account)) return []
    return { person: showPerson(sql, account), devices: inOrder(devices) }
  })
  return answer({ epoch, readers })
}

/** Its own, as far as that is known: of several devices of its author, all that spoke under those keys. */
function sessionsOf({ ports: { sql }, own }: Live, group: GroupId, { author }: MessageRow, epoch: number) {
  const all = groupSessionsOf(sql, group, { from: epoch, to: epoch }).filter(({ owner }) => owner === author)
  const here = all.filter(({ device }) => author === own.account && device === own.device)
  return here.length > 0 ? here : all
}

/** Whoever said it, this device if it has read it, and who was told the key here. */
function devicesWith(
  { ports: { sql }, own }: Live,
  row: MessageRow,
  sessions: readonly GroupSession[],
): Map<AccountId, Devices> {
  const has = new Map<AccountId, Devices>()
  const note = (account: AccountId, device: DeviceId, what: Has) => {
    const known: Devices = has.get(account) ?? new Map()
    if (known.get(device) !== 'confirmed') known.set(device, what)
    has.set(account, known)
  }
  for (const { session, owner, device } of sessions) {
    note(owner, device, 'confirmed')
    for (const one of holdersOf(sql, uuidToBytes(session)))
      note(one.account, one.device, one.confirmed === 1 ? 'confirmed' : 'told')
  }
  const sealed = findSealedItem(sql, row.id)
  if (sealed !== undefined) note(sealed.sender, sealed.sender_device, 'confirmed')
  note(own.account, own.device, row.kind === 'key-missing' ? 'not-yet' : 'confirmed')
  return has
}

/** Of whom no list is here, the one that the relay shows, if the key that the log has for them has signed it [P21]. */
async function listsOf(
  live: Live,
  state: GroupState,
  accounts: readonly AccountId[],
): Promise<Map<AccountId, DeviceId[]>> {
  const lists = new Map<AccountId, DeviceId[]>()
  const unknown: AccountId[] = []
  for (const account of accounts) {
    const list = readDeviceList(live.ports.sql, account)
    if (account === live.own.account)
      lists.set(account, [live.own.device, ...live.own.others.map(({ device }) => device)])
    else if (list === undefined) unknown.push(account)
    else lists.set(account, deviceIds(devicesOf(list)))
  }
  const asked = unknown.slice(0, MOST_ASKED).map(async (account) => {
    const key = state.members.get(account)?.identityKey ?? state.former.get(account)?.spans.at(-1)?.identityKey
    const request = { case: 'showDeviceList', value: { account: uuidToBytes(account) } } as const
    const shown = await live.connection.ask(request, 'deviceListShown')
    if (!shown.ok || shown.value.deviceList === undefined || key === undefined) return
    const verdict = verifyDeviceList(shown.value.deviceList, account, key)
    if (verdict.is === 'genuine') lists.set(account, deviceIds(verdict.devices))
  })
  await Promise.all(asked)
  return lists
}

function deviceIds(devices: readonly { device: DeviceId }[]): DeviceId[] {
  return devices.map(({ device }) => device)
}

function inOrder(devices: Devices) {
  return [...devices].toSorted(([one], [other]) => one - other).map(([device, has]) => ({ device, has }))
}

export async function getMissingKey(
  live: Live,
  { message }: ParsedInput<'getMissingKey'>,
): Promise<Answer<CallOutput<'getMissingKey'>>> {
  const { sql } = live.ports
  const item = findSealedItem(sql, message)
  const state = item && live.groups.states.get(item.group_id)
  if (item === undefined || state === undefined) return refuse('no-such-message')
  const asked = live.groups.asked(item.group_id, item.session)
  return answer({
    epoch: item.epoch,
    owner: showPerson(sql, item.sender),
    askedAt: asked?.askedAt ?? null,
    answering: asked?.answering == null ? null : showPerson(sql, asked.answering),
    nextTryAt: asked?.nextTryAt ?? null,
    notEntitled: !mayRead(state, live.own.account, item.epoch),
  })
}

export async function askForKeys(live: Live, { message }: ParsedInput<'askForKeys'>): Promise<Answer<null>> {
  const item = findSealedItem(live.ports.sql, message)
  if (item === undefined) return refuse('no-such-message')
  return live.groups.ask(item.group_id, [new Uint8Array(item.session)])
}
