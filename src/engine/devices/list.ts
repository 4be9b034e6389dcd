// The person's devices as they see them: what they are called, when they were last heard, and which one is removed.

import type { SignedDeviceList } from '../../protocol/generated/relay_pb.ts'
import { type Answer, answer, refuse } from '../../shared/answer.ts'
import type { ParsedInput } from '../../shared/api.ts'
import type { DeviceId } from '../../shared/ids.ts'
import type { OwnDevice } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'
import type { Live } from '../live.ts'
import type { Own } from '../own.ts'
import { devicesOf, highestDevice, signDeviceList } from '../signal/device-list.ts'
import { readAccount, type StoredDeviceList } from '../storage/account.ts'
import { heardAsShown, parseValue, readOwnRecord, writeOwnRecord } from '../storage/own-records.ts'
import { DeviceName } from './kinds.ts'
import { adoptList, tellOfLoss } from './own-list.ts'
import { announce } from './tell.ts'

/** Another of our devices may have changed the list a moment before: then again, on top of theirs. */
const MOST_TRIES = 3

export function showDevices(sql: Sql, own: Own): OwnDevice[] {
  const stored = readAccount(sql)
  if (stored === undefined) return []
  return devicesOf(stored.deviceList).map(({ device, addedAt }) => ({
    device,
    name: nameOf(sql, device),
    here: device === own.device,
    addedAt,
    heardAt: device === own.device ? null : (heardAsShown(sql, device) ?? null),
  }))
}

function nameOf(sql: Sql, device: DeviceId): string | null {
  const record = readOwnRecord(sql, `device/${device}`)
  if (record === undefined) return null
  return DeviceName.safeParse(parseValue(record.value)).data ?? null
}

export async function listDevices(live: Live): Promise<Answer<OwnDevice[]>> {
  return answer(showDevices(live.ports.sql, live.own))
}

/** [P92] Told to the own devices, inside the encryption; the signed list knows numbers only. */
export async function renameDevice(
  live: Live,
  { device, name }: ParsedInput<'renameDevice'>,
): Promise<Answer<OwnDevice[]>> {
  const { sql, clock } = live.ports
  if (!showDevices(sql, live.own).some((one) => one.device === device)) return refuse('no-such-device')
  const told = sql.transaction(() => {
    if (announce({ ...live.ports, own: live.own }, `device/${device}`, name)) return true
    // Nobody to tell; whoever is added hears it.
    const at = Math.max(clock.now(), (readOwnRecord(sql, `device/${device}`)?.at ?? 0) + 1)
    writeOwnRecord(sql, { key: `device/${device}`, value: JSON.stringify(name), at, device: live.own.device })
    return false
  })
  live.devicesChanged()
  if (told) live.outbox.kick(live.own.account)
  return listDevices(live)
}

/**
 * [P95] The relay has the list without it when this answers: it is refused there from then on, and everybody who writes
 * learns of it. Contacts are told at once.
 */
export async function revokeDevice(live: Live, { device }: ParsedInput<'revokeDevice'>): Promise<Answer<OwnDevice[]>> {
  if (device === live.own.device) return refuse('not-permitted', 'not the device that asks')
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const list = live.ports.sql.transaction(() => listWithout(live, device))
    if (list === undefined) return refuse('no-such-device')
    const published = await live.connection.ask(
      { case: 'publishDeviceList', value: { deviceList: wire(list) } },
      'deviceListPublished',
    )
    live.crash('device.removed')
    if (published.ok) {
      await live.work.run(async () => {
        if (list.version > live.own.listVersion) adoptList(live.ownList, list, true)
        // One without it that is newer still was here before the answer.
        else live.ports.sql.transaction(() => tellOfLoss(live.ownList))
      })
      live.outbox.kick()
      await live.groups.mark()
      return listDevices(live)
    }
    if (published.failure.code !== 'device-list-refused') return published
    const newest = await live.lists.ask(live.own.account)
    if (!newest.ok) return newest
  }
  return refuse('rate-limited', 'the list changes all the time', 5_000)
}

function listWithout(live: Live, device: DeviceId): StoredDeviceList | undefined {
  const stored = readAccount(live.ports.sql)
  if (stored === undefined) return undefined
  const devices = devicesOf(stored.deviceList)
  const kept = devices.filter((listed) => listed.device !== device)
  if (kept.length === devices.length) return undefined
  const { version } = stored.deviceList
  const highest = highestDevice(stored.deviceList)
  return signDeviceList(live.account.identity, live.own.account, version + 1, kept, highest)
}

function wire(list: StoredDeviceList): Pick<SignedDeviceList, 'list' | 'signature'> {
  return { list: new Uint8Array(list.list), signature: new Uint8Array(list.signature) }
}
