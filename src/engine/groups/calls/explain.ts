// Who can read a message, and why one cannot: the exact devices, the very key.

import { mayRead } from '../../../protocol/groups/entitlement.ts'
import { type Answer, answer, refuse } from '../../../shared/answer.ts'
import type { CallOutput, ParsedInput } from '../../../shared/api.ts'
import { type AccountId, groupOf, uuidToBytes } from '../../../shared/ids.ts'
import { showPerson } from '../../conversations/show.ts'
import type { Live } from '../../live.ts'
import { devicesOf } from '../../signal/device-list.ts'
import { readDeviceList } from '../../storage/device-lists.ts'
import { findSealedItem } from '../../storage/group-items.ts'
import { groupSessionsOf } from '../../storage/group-sessions.ts'
import { holdersOf } from '../../storage/key-deliveries.ts'
import { findMessage } from '../../storage/messages.ts'
import { findPersonRow } from '../../storage/people.ts'

/** Of one's own message: who was told its key, and who said that they have it. Of another's: who may have it by the log. */
export async function getReaders(
  live: Live,
  { message }: ParsedInput<'getReaders'>,
): Promise<Answer<CallOutput<'getReaders'>>> {
  const { sql } = live.ports
  const row = findMessage(sql, message)
  const group = row && groupOf(row.conversation)
  const state = group && live.groups.states.get(group)
  if (row === undefined || group === undefined || state === undefined) return refuse('no-such-message')
  const epoch = row.epoch
  if (epoch === null || row.readable === 1) return answer({ epoch, readers: [] })
  const sessions = groupSessionsOf(sql, group, { from: epoch, to: epoch }).filter(
    ({ owner, device }) => owner === row.author && (row.own === 0 || device === live.own.device),
  )
  const holders = sessions.flatMap(({ session }) => holdersOf(sql, uuidToBytes(session)))
  const readers = [...state.members.keys()]
    .filter((account) => mayRead(state, account, epoch) && findPersonRow(sql, account) !== undefined)
    .map((account) => ({ person: showPerson(sql, account), devices: devicesFor(live, account, holders) }))
  return answer({ epoch, readers })
}

type Has = CallOutput<'getReaders'>['readers'][number]['devices']

function devicesFor(
  live: Live,
  account: AccountId,
  holders: readonly { account: AccountId; device: number; confirmed: number }[],
): Has {
  const list = readDeviceList(live.ports.sql, account)
  const listed = list === undefined ? [] : devicesOf(list).map(({ device }) => device)
  const devices = account === live.own.account ? [...new Set([...listed, live.own.device])] : listed
  return devices.map((device) => {
    if (account === live.own.account && device === live.own.device) return { device, has: 'confirmed' as const }
    const held = holders.find((holder) => holder.account === account && holder.device === device)
    return {
      device,
      has:
        held === undefined ? ('not-yet' as const) : held.confirmed === 1 ? ('confirmed' as const) : ('told' as const),
    }
  })
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
