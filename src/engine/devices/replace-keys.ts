// The stolen laptop: another identity key for the account, and everybody who has to know of it is told [P97][P100].
//
// The old key lies on the device that was lost. So the new one goes to the other own devices over sessions that it has no
// part in, the relay pins it by the word of both keys, and contacts hear it from the old key before they look.

import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { KeysReplacedSchema, OwnIdentitySchema } from '../../protocol/generated/content_pb.ts'
import {
  type DeviceToTell,
  DeviceToTellSchema,
  type HeldDevice,
  type ReplaceIdentity,
  ReplaceIdentitySchema,
} from '../../protocol/generated/relay_pb.ts'
import { replacementBytes } from '../../protocol/signed.ts'
import { type Answer, answer, refuse } from '../../shared/answer.ts'
import type { ParsedInput } from '../../shared/api.ts'
import { DeviceId, MessageId, uuidToBytes } from '../../shared/ids.ts'
import type { KeyReplacement } from '../../shared/model.ts'
import { renewSignedPreKeys, replaceAll, stockUp } from '../account/prekeys.ts'
import { readOwn } from '../account/read-own.ts'
import type { Live } from '../live.ts'
import { readContent, writeContent } from '../messages/content.ts'
import { nothingBody, promise } from '../messages/send.ts'
import { ownDevices } from '../own.ts'
import type { Ports } from '../ports.ts'
import { sameBytes } from '../signal/bytes.ts'
import { devicesOf, highestDevice, signDeviceList, verifyDeviceList } from '../signal/device-list.ts'
import { signAnew } from '../signal/make-prekeys.ts'
import { type OwnAccount, OwnIdentity } from '../signal/own-identity.ts'
import { verifySignature } from '../signal/verify.ts'
import { changeIdentity, readAccount, type StoredDeviceList } from '../storage/account.ts'
import { allConversations } from '../storage/conversations.ts'
import { dropOwnGroupSessions } from '../storage/group-outbox.ts'
import { makeDue } from '../storage/key-deliveries.ts'
import {
  countTold,
  forgetKeyReplacement,
  markKeysReplaced,
  noteTold,
  readKeyReplacement,
  writeKeyReplacement,
} from '../storage/key-replacement.ts'
import { hasUnsealed, renameUnsent, unsealAll } from '../storage/outbox.ts'
import { lastHeard } from '../storage/own-records.ts'
import { setRemoved } from '../storage/own-state.ts'
import { isBlocked } from '../storage/people.ts'
import { dropSignedOneTimePreKeys } from '../storage/prekeys.ts'
import { forgetResent } from '../storage/sent.ts'
import { dropAllSessions } from '../storage/sessions.ts'
import type { OwnListNeeds } from './own-list.ts'
import { promiseToOwn } from './tell.ts'

/** What the account is from now on, and whether this device tells the others. */
export interface Renewal {
  identity: OwnIdentity
  list: StoredDeviceList
  tells: boolean
}

const MOST_TRIES = 3

/**
 * Goes on where it was interrupted. When it answers, the relay has the new key, or it is open in the checklist. Refused as
 * the relay refuses; then nothing has changed.
 */
export async function replaceKeys(live: Live, { revoke }: ParsedInput<'replaceKeys'>): Promise<Answer<KeyReplacement>> {
  const { sql } = live.ports
  if (revoke === live.own.device) return refuse('not-permitted', 'not the device that asks')
  if (revoke !== null && !live.own.others.some(({ device }) => device === revoke)) return refuse('no-such-device')
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const prepared = await prepare(live, revoke)
    if (!prepared.ok) return prepared
    live.crash('identity.prepared')
    const replaced = await live.connection.ask({ case: 'replaceIdentity', value: prepared.value }, 'identityReplaced')
    live.crash('identity.replaced')
    if (replaced.ok) {
      await live.renew(preparedRenewal(sql, live.account))
      const shown = showKeyReplacement(sql)
      return shown === null ? refuse('internal') : answer(shown)
    }
    // Whether it was taken is open: at the next connection it is seen.
    if (replaced.failure.code === 'not-connected') return replaced
    sql.transaction(() => forgetKeyReplacement(sql))
    if (replaced.failure.code !== 'device-list-refused') return replaced
    const newest = await live.lists.ask(live.own.account)
    if (!newest.ok) return newest
  }
  return refuse('rate-limited', 'the list changes all the time', 5_000)
}

/** [P97] A new key pair, and the very bytes that are sent for it. Committed before anything leaves. */
async function prepare(live: Live, revoke: DeviceId | null): Promise<Answer<ReplaceIdentity>> {
  const { sql, clock } = live.ports
  const before = readKeyReplacement(sql)
  if (before?.state === 'prepared') return answer(fromBinary(ReplaceIdentitySchema, before.frame))
  const ready = await readyToTell(live)
  if (!ready.ok) return ready
  const holdings = await live.connection.ask({ case: 'showHoldings', value: {} }, 'holdings')
  if (!holdings.ok) return holdings
  return live.work.run(async () => {
    const stored = readAccount(sql)
    if (stored === undefined) throw new Error('there is no account to replace the keys of')
    const identity = OwnIdentity.generate()
    const unit = live.signal.unit()
    try {
      const told: DeviceToTell[] = []
      for (const { device } of live.own.others) {
        const held = holdings.value.devices.find((one) => one.device === device)
        const one = device === revoke ? undefined : await tellDevice(live, unit, identity, device, held)
        if (one !== undefined) told.push(one)
      }
      const kept = devicesOf(stored.deviceList).filter(
        ({ device }) => device === live.own.device || told.some((one) => one.device === device),
      )
      const highest = highestDevice(stored.deviceList)
      const { list, signature } = signDeviceList(identity, stored.account, stored.deviceList.version + 1, kept, highest)
      const keys = { oldKey: live.account.identity.publicKey, newKey: identity.publicKey }
      const statement = replacementBytes(stored.account, { ...keys, list })
      const frame = create(ReplaceIdentitySchema, {
        ...keys,
        deviceList: { list, signature },
        signatureByOld: live.account.identity.sign(statement),
        signatureByNew: identity.sign(statement),
        byDevice: live.own.device,
        devices: told,
      })
      sql.transaction(() => {
        unit.flush()
        writeKeyReplacement(sql, {
          state: 'prepared',
          revoked: revoke,
          identity: identity.record(),
          frame: toBinary(ReplaceIdentitySchema, frame),
          at: clock.now(),
        })
      })
      unit.settled()
      return answer(frame)
    } catch (error) {
      unit.abandon()
      throw error
    }
  })
}

/**
 * Right after another replacement the sessions with the own devices are about to begin with what waits for them. It is not
 * for being quick that one of them is left out.
 */
async function readyToTell({ ports, own, peers }: Live): Promise<Answer<null>> {
  return hasUnsealed(ports.sql, own.account) ? peers.getReady(own.account, undefined) : answer(null)
}

/**
 * Only over a session that is there: one that is begun now could be with whoever has the old key. Undefined: the device
 * cannot be told, and has to be linked again.
 */
async function tellDevice(
  live: Live,
  unit: ReturnType<Live['signal']['unit']>,
  identity: OwnIdentity,
  device: DeviceId,
  held: HeldDevice | undefined,
): Promise<DeviceToTell | undefined> {
  const { own, signal, ports } = live
  const { signedPrekey, lastResortPrekey } = held ?? {}
  const peer = { account: own.account, device }
  if (signedPrekey === undefined || lastResortPrekey === undefined || !signal.hasSession(unit, peer)) {
    ports.log.warn('devices.not-told-of-new-key', { device })
    return undefined
  }
  const old = live.account.identity.publicKey
  for (const { publicKey, signature } of [signedPrekey, lastResortPrekey])
    if (!verifySignature(old, publicKey, signature)) return undefined
  const content = writeContent({
    sender: own,
    recipient: own.account,
    message: MessageId.parse(ports.random.uuid()),
    at: ports.clock.now(),
    body: { case: 'ownIdentity', value: create(OwnIdentitySchema, { keyPair: identity.record() }) },
  })
  const sealed = await signal.seal(unit, peer, content)
  return create(DeviceToTellSchema, {
    device,
    sealed: sealed.bytes,
    type: sealed.type,
    signedPrekey: signAnew({ ...signedPrekey, publicKey: new Uint8Array(signedPrekey.publicKey) }, identity),
    lastResortPrekey: signAnew(
      { ...lastResortPrekey, publicKey: new Uint8Array(lastResortPrekey.publicKey) },
      identity,
    ),
  })
}

function preparedRenewal(sql: Ports['sql'], { account }: OwnAccount): Renewal {
  const row = readKeyReplacement(sql)
  if (row?.state !== 'prepared') throw new Error('no other key was prepared')
  const { deviceList, newKey } = fromBinary(ReplaceIdentitySchema, row.frame)
  const verdict = deviceList && verifyDeviceList(deviceList, account, newKey)
  if (verdict?.is !== 'genuine') throw new Error('the list that was prepared is not genuine')
  return { identity: OwnIdentity.fromRecord(row.identity), list: verdict.stored, tells: true }
}

/**
 * [P97] In the work queue: the relay says that another key has taken the place of ours, and shows who said so.
 * removed: it was said without this device. not-proven: nobody of us said so, or it cannot be opened here.
 */
export async function takeReplacement(
  needs: OwnListNeeds,
  shown: ReplaceIdentity,
): Promise<Renewal | 'removed' | 'not-proven'> {
  const { sql, account, own, clock, log } = needs
  const { oldKey, newKey, deviceList } = shown
  if (deviceList === undefined || !sameBytes(oldKey, account.identity.publicKey)) return 'not-proven'
  const statement = replacementBytes(own.account, { oldKey, newKey, list: deviceList.list })
  const signed =
    verifySignature(oldKey, statement, shown.signatureByOld) && verifySignature(newKey, statement, shown.signatureByNew)
  const verdict = verifyDeviceList(deviceList, own.account, newKey)
  if (!signed || verdict.is === 'refused') return 'not-proven'
  const prepared = readKeyReplacement(sql)
  if (prepared?.state === 'prepared') {
    const mine = preparedRenewal(sql, account)
    if (sameBytes(mine.identity.publicKey, newKey)) return mine
  }
  const isIn = (one: number) => verdict.devices.some(({ device }) => device === one)
  if (!isIn(own.device)) {
    log.warn('devices.removed')
    sql.transaction(() => setRemoved(sql, clock.now()))
    needs.removed()
    return 'removed'
  }
  const identity = isIn(shown.byDevice) ? await openIdentity(needs, shown) : undefined
  if (identity === undefined || !sameBytes(identity.publicKey, newKey)) {
    log.warn('devices.new-key-not-opened')
    return 'not-proven'
  }
  return { identity, list: verdict.stored, tells: false }
}

async function openIdentity({ signal, own }: OwnListNeeds, shown: ReplaceIdentity): Promise<OwnIdentity | undefined> {
  const from = DeviceId.safeParse(shown.byDevice)
  const told = shown.devices.find(({ device }) => device === own.device)
  if (told === undefined || !from.success) return undefined
  // Abandoned: every session is begun anew, and it may have to be opened again after a crash.
  const unit = signal.unit()
  try {
    const opened = await signal.open(unit, { account: own.account, device: from.data }, told.type, told.sealed)
    const content = opened.is === 'content' ? readContent(opened.plaintext) : undefined
    if (content?.sender !== own.account || content.recipient !== own.account) return undefined
    if (content.device !== from.data || content.body.case !== 'ownIdentity') return undefined
    return readIdentity(content.body.value.keyPair)
  } finally {
    unit.abandon()
  }
}

function readIdentity(record: Uint8Array): OwnIdentity | undefined {
  try {
    return OwnIdentity.fromRecord(record)
  } catch {
    return undefined
  }
}

/**
 * Nothing of the account may be at work meanwhile. Every session goes, what waits is sealed anew, prekeys are signed by
 * the new key, and contacts are told by the device that replaced it.
 */
export function adoptRenewal(ports: Ports, before: OwnAccount, { identity, list, tells }: Renewal): OwnAccount {
  const { sql, clock, random } = ports
  const own: OwnAccount = { ...before, identity }
  const now = clock.now()
  sql.transaction(() => {
    changeIdentity(sql, identity.record(), list)
    dropAllSessions(sql)
    // Under the name it had, the relay may have taken what was sealed before; of that, nothing more would be delivered.
    renameUnsent(sql, () => uuidToBytes(MessageId.parse(random.uuid())))
    unsealAll(sql, undefined)
    forgetResent(sql)
    dropSignedOneTimePreKeys(sql)
    renewSignedPreKeys(sql, own, now)
    stockUp(sql, own, now)
    replaceAll(sql)
    // [G4] Every group is marked: what is said next is under keys that the lost device has not.
    dropOwnGroupSessions(sql)
    makeDue(sql, own.account, now)
    greetOwn(ports, own)
    if (!tells) return
    markKeysReplaced(sql, now)
    tellContacts(ports, before, identity)
  })
  return own
}

/**
 * In a transaction: a word to the own devices, which says nothing. With it the sessions between them begin anew at once,
 * not with what is said next: whoever replaces the key again can tell those that there is a session with, and no others.
 * And whoever is back under the new key has said so.
 */
function greetOwn(ports: Ports, account: OwnAccount): void {
  const own = readOwn(ports.sql, account)
  if (own.others.length > 0) promiseToOwn({ ...ports, own }, nothingBody())
}

/** [P100] */
function tellContacts(ports: Ports, before: OwnAccount, identity: OwnIdentity): void {
  const { sql } = ports
  const own = readOwn(sql, before)
  const value = create(KeysReplacedSchema, {
    oldKey: before.identity.publicKey,
    signature: before.identity.vouchFor(identity.publicKey),
  })
  for (const { kind, state, account } of allConversations(sql)) {
    if (kind !== 'person' || state !== 'open' || isBlocked(sql, account)) continue
    const row = promise({ ...ports, own }, { recipient: account, body: { case: 'keysReplaced', value } })
    noteTold(sql, account, row.submission)
  }
}

/** What is done and what is open of the last replacement from this device; null: there was none. */
export function showKeyReplacement(sql: Ports['sql']): KeyReplacement | null {
  const row = readKeyReplacement(sql)
  const stored = readAccount(sql)
  if (row === undefined || stored === undefined) return null
  const own = ownDevices(stored.deviceList, stored.device)
  const isDone = row.state === 'done'
  const told = countTold(sql)
  const others = own.others.length
  const heard = own.others.filter(({ device }) => (lastHeard(sql, device) ?? 0) > row.at).length
  const steps: { what: KeyReplacement['done'][number]['what']; all: number; left: number }[] = [
    { what: 'device-removed', all: row.revoked === null ? 0 : 1, left: isDone ? 0 : 1 },
    { what: 'new-keys', all: 1, left: isDone ? 0 : 1 },
    { what: 'own-devices', all: others, left: isDone ? others - heard : others },
    { what: 'contacts', all: isDone ? told.all : 1, left: isDone ? told.waiting : 1 },
  ]
  const wanted = steps.filter(({ all }) => all > 0)
  return {
    done: wanted.filter(({ all, left }) => all > left).map(({ what, all, left }) => ({ what, count: all - left })),
    open: wanted.filter(({ left }) => left > 0).map(({ what, left }) => ({ what, count: left })),
  }
}

export async function getKeyReplacement(live: Live): Promise<Answer<KeyReplacement | null>> {
  return answer(showKeyReplacement(live.ports.sql))
}
